import assert from 'node:assert/strict';
import { row, scenario, uploadFiles } from './harness.mjs';

await scenario('no worker, and a restarted master', async (test) => {
  const master = await test.master();
  const page = await test.openIn(master);
  await page.getByText('No workers: the master does all the work itself.').waitFor();
  await page.getByText(new RegExp(`ece465 worker --master [^ ]+:${master.ports[1]}$`)).waitFor();
  await uploadFiles(page, test.image('alone.jpg', '--size', '1200x900', '--color', 'ycbcr'));
  await row(page, 'alone.jpg').getByRole('button', { name: 'Equalize alone.jpg' }).click();
  await page.locator('.job[data-state="done"]').waitFor();
  assert.equal(await page.locator('.animation').getAttribute('data-workers'), 'master');
  await test.shot(page, 'no-worker');

  // The page shows that the master is gone, and reconnects.
  test.tolerate(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_FAILED/);
  await master.process.stop('SIGKILL');
  await page.getByRole('alert').filter({ hasText: 'Connection lost.' }).waitFor();
  assert.equal(await page.locator('.connection').innerText(), 'connection lost');
  const { x, width } = await page.locator('.connection-lost').boundingBox();
  assert.deepEqual([x, width], [0, page.viewportSize().width], 'the banner spans the page');
  assert.equal((await page.locator('main').boundingBox()).x, 0, 'the page below it is unchanged');
  await test.shot(page, 'connection-lost');
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.getByRole('button', { name: 'Equalize again' }).click();
  await page.getByText('The master cannot be reached.').first().waitFor();

  await master.start();
  await page.locator('.connection.live').waitFor();
  assert.equal(await page.locator('.connection-lost').count(), 0);
  await master.worker('newcomer');
  await page.locator('[data-worker="newcomer"]').waitFor();
  // The job is remembered, its timeline is not; the result is shown, also after a reload.
  await row(page, 'alone.jpg').getByText('equalized', { exact: true }).waitFor();
  await page.locator('.compare-frame').waitFor();
  await page.reload();
  await page.locator('.compare-frame').waitFor();
  await page.getByText('no longer available').waitFor();
  await page.getByRole('button', { name: 'Equalize again' }).click();
  await page.locator('.animation').waitFor();
});
