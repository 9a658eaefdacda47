// Measures when the web page is painted: node ui_paint.mjs URL ROUNDS. Prints [{first, form}] in milliseconds.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , url, rounds] = process.argv;
const { chromium } = createRequire(join(process.env.PACKAGES, 'package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu',
  '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const runs = [];
for (let i = 0; i <= Number(rounds); ++i) {
  const context = await browser.newContext(); // with an empty cache
  const page = await context.newPage();
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('#name')) return;
      window.formAt = performance.now();
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true });
  });
  await page.goto(url);
  await page.waitForFunction(() => window.formAt && performance.getEntriesByName('first-contentful-paint').length > 0);
  runs.push(await page.evaluate(() => ({ first: performance.getEntriesByName('first-paint')[0].startTime, form: window.formAt })));
  await context.close();
}
await browser.close();
console.log(JSON.stringify(runs.slice(1))); // the first one warms up the browser
