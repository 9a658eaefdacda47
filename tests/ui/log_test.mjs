import assert from 'node:assert/strict';
import { scenario, until } from './harness.mjs';

await scenario('the log', async (test) => {
  const master = await test.master();
  const page = await test.openIn(master);
  const lines = page.locator('.log-lines li:not(.empty)');
  await master.worker('talker');
  await lines.filter({ hasText: 'Worker talker joined' }).waitFor();
  await lines.filter({ hasText: 'Connected to master' }).waitFor();
  assert.match(await lines.first().innerText(), /^\d\d:\d\d:\d\d/);

  // Filter by source.
  await page.getByLabel('Source', { exact: true }).selectOption('talker');
  await until(async () => (await lines.allInnerTexts()).every((line) => line.includes('talker')), 'lines of one source');
  await page.getByLabel('Source', { exact: true }).selectOption('');

  // The newest line is in view until the user scrolls up.
  const path = test.image('small.png', '--size', '40x30');
  for (let i = 0; i < 30; ++i) await master.upload(path);
  const list = page.locator('.log-lines');
  await until(async () => await lines.filter({ hasText: 'Uploaded small.png' }).count() === 30, 'all lines');
  const toEnd = () => list.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await until(async () => await toEnd() < 24, 'the end');
  await list.evaluate((element) => { element.scrollTop = 100; });
  await until(() => list.evaluate((element) => element.scrollTop === 100), 'the scroll position');
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
  await master.upload(path);
  await until(async () => await lines.filter({ hasText: 'Uploaded small.png' }).count() === 31, 'one more');
  assert.equal(await list.evaluate((element) => element.scrollTop), 100);
  await test.shot(page, 'log');

  // While paused, new lines are only counted; they are shown afterwards.
  await page.getByRole('button', { name: 'Pause' }).click();
  await master.upload(path);
  await page.getByRole('button', { name: 'Resume (1 new)' }).click();
  await until(async () => await lines.filter({ hasText: 'Uploaded small.png' }).count() === 32, 'the new line');

  // Clear empties the page's list and the master's.
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('Nothing yet.').waitFor();
  assert.deepEqual((await master.get('/logs')).logs, []);
});
