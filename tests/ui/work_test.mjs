import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { animation, row, scenario, until, uploadFiles } from './harness.mjs';

const ORDER = ['read', 'map', 'reduce', 'apply', 'stitch', 'done'];

/// Records the phases that the animation shows from now on, in order.
async function watchPhases(page) {
  await page.evaluate(() => {
    window.phases = [];
    const record = () => {
      const phase = document.querySelector('.animation')?.dataset.phase;
      if (phase && phase !== window.phases.at(-1)) window.phases.push(phase);
    };
    new MutationObserver(record).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

/// The number of colours on a canvas; 1 if nothing is drawn.
const colors = (canvas) => canvas.evaluate((element) => {
  const { data } = element.getContext('2d').getImageData(0, 0, element.width, element.height);
  return new Set(new Uint32Array(data.buffer)).size;
});

await scenario('from upload to result, with two workers', async (test) => {
  const master = await test.master();
  const page = await test.openIn(master);
  await test.shot(page, 'empty');
  await master.worker('north');
  await master.worker('south');
  await master.prove('north', 'south');
  for (const id of ['north', 'south']) await page.locator(`[data-worker="${id}"]:not(.lost)`).waitFor();

  const files = [
    test.image('landscape.jpg', '--size', '3000x2000', '--color', 'ycbcr'),
    test.image('radiograph.tif', '--size', '3000x2400', '--bits', '16', '--seed', '4'),
  ];
  await uploadFiles(page, ...files);
  assert.match(await row(page, 'landscape.jpg').innerText(), /3000 × 2000, 8-bit colour JPEG/);
  assert.match(await row(page, 'radiograph.tif').innerText(), /3000 × 2400, 16-bit gray TIFF/);
  // The master makes the previews: browsers cannot show TIFF files.
  await until(() => row(page, 'radiograph.tif').locator('img').evaluate((image) => image.naturalWidth > 0), 'the preview of a TIFF');
  await test.shot(page, 'images');

  for (const path of files) {
    const name = path.split('/').pop();
    await row(page, name).locator('.image-link').click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    if (name.endsWith('.jpg')) await page.getByLabel('Colour').selectOption('luma');
    await watchPhases(page);
    await page.getByRole('button', { name: 'Equalize', exact: true }).click();

    // The phases follow each other, whichever workers process the strips.
    await animation(page).waitFor();
    if (name.endsWith('.jpg')) {
      await page.locator('.animation[data-phase="map"]').waitFor();
      await test.shot(page, 'job-map');
      await page.locator('.animation[data-phase="apply"]').waitFor();
      await test.shot(page, 'job-apply');
    }
    await page.getByLabel('Speed').selectOption('4');
    await page.locator('.animation[data-phase="done"][data-playing="false"]').waitFor();
    const phases = await page.evaluate(() => window.phases);
    assert.deepEqual(phases, ORDER.filter((phase) => phases.includes(phase)), 'no phase is repeated or too early');
    for (const phase of ['map', 'reduce', 'apply', 'stitch', 'done']) assert.ok(phases.includes(phase), `${phase} of ${phases}`);
    for (const step of ['map', 'reduce', 'apply', 'stitch']) {
      assert.equal(await page.locator(`[data-step="${step}"]`).getAttribute('data-part'), '1.000', step);
    }
    // The scheduler decides who does how much; after enough jobs both workers have had strips.
    await until(async () => {
      const workers = (await animation(page).getAttribute('data-workers')).split(' ');
      if (workers.includes('north') && workers.includes('south')) return true;
      const job = await page.locator('.job').getAttribute('data-job');
      await page.getByRole('button', { name: 'Equalize again' }).click();
      await page.locator(`.job:not([data-job="${job}"])[data-state="done"] .animation`).waitFor();
      return false;
    }, 'both workers to take part');
    assert.ok(await colors(page.locator('.stage-canvas')) > 50);

    // Seeking.
    await page.getByLabel('Position in the job').fill('0');
    await page.locator('.animation[data-phase="map"]').waitFor();
    await page.getByRole('button', { name: /^Stitch/ }).click();
    await until(async () => ['apply', 'stitch'].includes(await animation(page).getAttribute('data-phase')), 'the end of the animation');

    // Before and after, side by side.
    await until(async () => (await page.locator('.compare-frame img').evaluateAll((images) =>
      images.every((image) => image.naturalWidth > 0))), 'both pictures');
    const line = page.locator('.compare-line');
    const before = (await line.boundingBox()).x;
    await page.getByLabel('Divider between before and after').fill('80');
    assert.ok((await line.boundingBox()).x > before + 50);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    assert.equal(await page.getByLabel('Zoom', { exact: true }).innerText(), '125 %');
    await page.getByRole('button', { name: 'Whole image' }).click();

    // The plots and the table are not empty.
    for (const plot of ['before', 'after']) {
      await until(async () => await page.locator(`[data-plot="${plot}"] canvas`).count() > 0, `plot ${plot}`);
      assert.ok(await colors(page.locator(`[data-plot="${plot}"] canvas`)) > 20, plot);
    }
    await page.getByText('The table, level by level').click();
    assert.equal(await page.locator('.levels tbody tr').count(), 64);
    assert.match(await page.locator('.levels').innerText(), name.endsWith('.tif') ? /of 65535/ : /of 255/);

    // The download is the API's file.
    const [download] = await Promise.all([
      page.waitForEvent('download'), page.getByRole('link', { name: 'Download result' }).click()]);
    const result = name.replace('.', '_equalized.');
    assert.equal(download.suggestedFilename(), result);
    assert.deepEqual(readFileSync(await download.path()), await master.bytes(result));
    await test.shot(page, name.endsWith('.jpg') ? 'result' : 'result-16-bit');
  }

  // Delete asks first, then deletes the image and its result.
  await row(page, 'radiograph.tif').getByRole('button', { name: 'Delete radiograph.tif' }).click();
  await page.getByRole('dialog').waitFor();
  const { x, width } = await page.getByRole('dialog').boundingBox();
  assert.ok(Math.abs(x + width / 2 - page.viewportSize().width / 2) < 10, 'the dialog is centred');
  await test.shot(page, 'delete');
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await row(page, 'radiograph.tif').count(), 1);
  await row(page, 'radiograph.tif').getByRole('button', { name: 'Delete radiograph.tif' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await row(page, 'radiograph.tif').waitFor({ state: 'detached' });
  assert.deepEqual((await master.get('/files')).files.map(({ name }) => name), ['landscape.jpg']);
  assert.deepEqual((await master.get('/files/equalized')).files.map(({ name }) => name), ['landscape_equalized.jpg']);
  await page.getByRole('heading', { name: 'See the cluster work' }).waitFor(); // nothing is selected any more

  // For a job that ended before the page was opened, the result is shown, and its animation is at the end.
  const later = await test.openIn(master, { dark: true, calm: true });
  await row(later, 'landscape.jpg').locator('.image-link').click();
  await later.locator('.animation[data-phase="done"][data-playing="false"]').waitFor();
  await until(async () => await later.locator('[data-plot="after"] canvas').count() > 0, 'the plots');
  await test.shot(later, 'result-dark');
});
