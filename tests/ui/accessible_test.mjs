import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { row, scenario, until } from './harness.mjs';

await scenario('accessible', async (test) => {
  const axe = readFileSync(createRequire(join(process.env.PACKAGES, 'package.json')).resolve('axe-core/axe.min.js'), 'utf8');
  /// Fails for serious findings of axe-core, and lists their elements.
  const check = async (page, where) => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    assert.deepEqual(serious.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ html, failureSummary }) =>
      `${html} ${failureSummary}`).join('; ')}`), []);
  };
  const noSidewaysScroll = async (page, where) => {
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `${where}: ${wide} pixels wide in a window of ${window}`);
  };

  const master = await test.master();
  await master.worker('helper');
  await master.upload(test.image('a photo with a long name, so that it does not fit beside its buttons.jpg', '--size', '900x700', '--color', 'rgb'));
  for (const dark of [false, true]) {
    const mode = dark ? 'dark' : 'light';
    for (const [width, height] of [[390, 844], [1440, 900]]) {
      const where = `${mode}, ${width} wide`;
      const login = await test.open(master, { dark, size: { width, height }, calm: true });
      await login.getByLabel('User name').waitFor();
      await check(login, `login, ${where}`);
      await login.context().close();
      const page = await test.openIn(master, { dark, size: { width, height }, calm: true });
      const image = page.locator('.image-row').first();
      await image.waitFor();
      await check(page, `images, ${where}`);
      await noSidewaysScroll(page, `images, ${where}`);
      await image.locator('.image-link').click();
      await page.getByRole('button', { name: /^Equalize( again)?$/ }).click();
      await page.locator('.job[data-state="done"]').waitFor();
      await until(async () => await page.locator('[data-plot="after"] canvas').count() > 0, 'the plots');
      await page.getByText('The table, level by level').click();
      await check(page, `result, ${where}`);
      await noSidewaysScroll(page, `result, ${where}`);
      await image.getByRole('button', { name: /^Delete/ }).click();
      await page.getByRole('dialog').waitFor();
      await check(page, `confirmation, ${where}`);
      await page.context().close();
    }
  }
  // The chosen theme survives a reload.
  const page = await test.openIn(master);
  await page.getByRole('button', { name: 'Switch to dark theme' }).click();
  await page.locator('body.dark').waitFor();
  await page.reload();
  await page.locator('body.dark').waitFor();
  assert.equal(await row(page, 'nobody').count(), 0);
});
