import assert from 'node:assert/strict';
import { movie, row, scenario, until, uploadFiles } from './harness.mjs';

await scenario('a worker is killed', async (test) => {
  const master = await test.master();
  const page = await test.openIn(master);
  await master.worker('sturdy');
  const frail = await master.worker('frail');
  await master.prove('sturdy', 'frail');
  await uploadFiles(page, test.image('scan.tif', '--size', '3000x4000'));
  await row(page, 'scan.tif').locator('.image-link').click();

  // It holds strips and says nothing; then it is killed. Whether it is given any is the scheduler's choice: try again.
  let job = null;
  frail.signal('SIGSTOP');
  await until(async () => {
    await page.getByRole('button', { name: /^Equalize( again)?$/ }).click();
    job = await until(async () => {
      const { jobs } = await master.get('/api/v1/jobs?limit=1&file=scan.tif');
      return jobs.length > 0 && jobs[0].id !== job?.id && jobs[0];
    }, 'a job');
    return until(async () => {
      const { events } = await master.get(`/api/v1/jobs/${job.id}/timeline`);
      const { state } = await master.get(`/api/v1/jobs/${job.id}`);
      const holds = events.some(({ what, worker }) => what === 'sent' && worker === 'frail');
      return (holds && 'holds') || (state === 'done' && 'done');
    }, 'a strip to be sent').then((how) => how === 'holds');
  }, 'the frail worker to hold a strip');
  await frail.stop('SIGKILL');

  // The page says so at once; the strip goes to somebody else, and the result is whole.
  await page.locator('[data-worker="frail"].lost').waitFor();
  await page.locator('.job[data-state="done"]').waitFor();
  const told = await master.get(`/api/v1/jobs/${job.id}`);
  assert.ok(told.strips.retries > 0);
  await page.locator('.fact.alarm').filter({ hasText: 'Retries' }).waitFor();
  await page.locator('.movie').waitFor();
  await test.shot(page, 'worker-lost');
  await page.getByLabel('Moment of the job').fill('999');
  assert.match(await movie(page).getAttribute('data-workers'), /frail/);
  await page.locator('.log-lines').getByText(/Worker frail is gone/).waitFor();
  await page.getByLabel('Moment of the job').fill('400');
  await test.shot(page, 'worker-lost-film');
});
