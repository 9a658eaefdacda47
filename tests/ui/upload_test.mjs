import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { row, scenario, uploadFiles } from './harness.mjs';

await scenario('uploads, and refused uploads', async (test) => {
  const master = await test.master();
  const page = await test.openIn(master);
  const failed = page.locator('.upload-row.failed');

  // Refused by the page because of its name; nothing is sent.
  const text = join(test.folder, 'notes.txt');
  writeFileSync(text, 'no image');
  await page.locator('#files').setInputFiles([text, test.image('one.png'), test.image('two.TIFF', '--format', 'tiff')]);
  await failed.filter({ hasText: 'notes.txt' }).filter({ hasText: 'Only JPG, TIFF and PNG files are permitted' }).waitFor();
  await row(page, 'one.png').waitFor();
  await row(page, 'two.TIFF').waitFor();
  await test.shot(page, 'upload-refused');
  await page.getByRole('button', { name: 'Dismiss notes.txt' }).click();
  await failed.waitFor({ state: 'detached' });

  // Refused by the master; its message is shown. The browser logs such answers to its console.
  test.tolerate(/status of 400/);
  const hidden = test.image('.hidden.jpg');
  await page.locator('#files').setInputFiles([hidden]);
  await failed.filter({ hasText: 'begins with a dot' }).waitFor();

  // Not an image by its content: it is listed with the reason.
  const broken = join(test.folder, 'broken.jpg');
  writeFileSync(broken, 'no image either');
  await uploadFiles(page, broken);
  await row(page, 'broken.jpg').getByText(/not a JPEG, TIFF or PNG file/).waitFor();
  assert.ok(await row(page, 'broken.jpg').getByRole('button', { name: 'Equalize broken.jpg' }).isDisabled());

  // Dropped anywhere on the page.
  const transfer = await page.evaluateHandle(async () => {
    const answer = await fetch('/download/one.png');
    const dropped = new DataTransfer();
    dropped.items.add(new File([await answer.blob()], 'dropped.png'));
    return dropped;
  });
  await page.locator('main').dispatchEvent('dragenter', { dataTransfer: transfer });
  await page.locator('.upload.over').waitFor();
  await test.shot(page, 'upload-drop');
  await page.locator('main').dispatchEvent('drop', { dataTransfer: transfer });
  await row(page, 'dropped.png').waitFor();
  assert.equal(await page.locator('.upload.over').count(), 0);
  assert.deepEqual(await master.bytes('dropped.png'), await master.bytes('one.png'));
});
