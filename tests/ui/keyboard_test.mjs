import assert from 'node:assert/strict';
import { row, scenario, until } from './harness.mjs';

/// Presses Tab until an element that matches the selector is focused.
async function tabTo(page, selector) {
  for (let i = 0; i < 80; ++i) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`the keyboard does not lead to ${selector}`);
}

await scenario('keyboard only', async (test) => {
  const master = await test.master();
  const page = await test.open(master);
  await page.getByLabel('User name').waitFor();
  await until(() => page.evaluate(() => document.activeElement?.id === 'name'), 'the focus in the first field');
  await page.keyboard.type('ada');
  await page.keyboard.press('Tab');
  await page.keyboard.type('x');
  await page.keyboard.press('Enter');
  await page.locator('.connection.live').waitFor();
  await master.upload(test.image('photo.jpg', '--size', '900x700', '--color', 'ycbcr'));
  await row(page, 'photo.jpg').waitFor();

  // The first tab stop skips to the image.
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the image');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'view');
  await page.evaluate(() => document.activeElement.blur());

  await tabTo(page, '[data-file="photo.jpg"] .image-link');
  await page.keyboard.press('Enter');
  await page.locator('.image-head').waitFor();
  await tabTo(page, '.image-head button');
  await page.keyboard.press('Enter');
  await page.locator('.job[data-state="done"]').waitFor();
  await page.locator('.animation').waitFor();

  await tabTo(page, '.scrubber');
  await page.keyboard.press('Home');
  await page.locator('.animation[data-phase="map"]').waitFor();
  await tabTo(page, '.compare-slider');
  await page.keyboard.press('End');
  assert.equal(await page.locator('.compare-slider').inputValue(), '100');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.locator('.compare-slider').inputValue(), '99.5');

  // Zoom and pan.
  await page.locator('.compare-frame').focus();
  for (let i = 0; i < 4; ++i) await page.keyboard.press('+');
  const left = () => page.locator('.compare-before').evaluate((image) => image.getBoundingClientRect().left);
  const before = await left();
  await page.keyboard.press('ArrowRight');
  await until(async () => await left() < before, 'the picture to move');
  assert.equal(await page.locator('.compare-slider').inputValue(), '99.5');

  // The dialog is focused, Escape means no, and the focus returns.
  await page.locator('[data-file="photo.jpg"] .row-actions button').last().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Delete photo.jpg');
  assert.equal(await row(page, 'photo.jpg').count(), 1);
});
