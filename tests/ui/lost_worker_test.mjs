import assert from 'node:assert/strict';
import { animation, row, scenario, until, uploadFiles } from './harness.mjs';

await scenario('a worker is killed', async (test) => {
  const master = await test.master();
  const page = await test.openIn(master);
  await master.worker('sturdy');
  await uploadFiles(page, test.image('scan.tif', '--size', '6000x8000'));
  await row(page, 'scan.tif').locator('.image-link').click();

  // It holds strips and is silent; then it is killed. Whether it gets any, and whether they are duplicated before it is
  // declared lost, depends on the scheduler: repeat until it does.
  let job = null;
  await until(async () => {
    const frail = await master.worker('frail');
    await master.prove('sturdy', 'frail');
    frail.signal('SIGSTOP');
    await page.getByRole('button', { name: /^Equalize( again)?$/ }).click();
    job = await until(async () => {
      const { jobs } = await master.get('/api/v1/jobs?limit=1&file=scan.tif');
      return jobs.length > 0 && jobs[0].id !== job?.id && jobs[0];
    }, 'a job');
    await until(async () => {
      const { events } = await master.get(`/api/v1/jobs/${job.id}/timeline`);
      const { state } = await master.get(`/api/v1/jobs/${job.id}`);
      return state === 'done' || events.some(({ what, worker }) => what === 'sent' && worker === 'frail');
    }, 'a strip to be sent');
    await frail.stop('SIGKILL');
    await page.locator('[data-worker="frail"].lost').waitFor(); // shown at once
    const ended = await until(async () => {
      const now = await master.get(`/api/v1/jobs/${job.id}`);
      return now.state === 'done' && now;
    }, 'the job');
    return ended.strips.retries > 0;
  }, 'a worker whose strips are reassigned');

  // Its strips were reassigned, and the result is complete.
  await page.locator(`.job[data-job="${job.id}"][data-state="done"]`).waitFor();
  await page.locator('.fact.alarm').filter({ hasText: 'Retries' }).waitFor();
  await page.locator('.animation').waitFor();
  await test.shot(page, 'worker-lost');
  await page.getByLabel('Position in the job').fill('999');
  assert.match(await animation(page).getAttribute('data-workers'), /frail/);
  await page.locator('.log-lines').getByText(/Worker frail disconnected/).first().waitFor();
  await page.getByLabel('Position in the job').fill('400');
  await test.shot(page, 'worker-lost-earlier');
});
