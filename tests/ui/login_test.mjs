import assert from 'node:assert/strict';
import { scenario } from './harness.mjs';

await scenario('log in and out', async (test) => {
  const master = await test.master();
  const page = await test.open(master);
  // The page says that it is a demo.
  await page.getByText('Demo login.').waitFor();
  await test.shot(page, 'login');

  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').filter({ hasText: 'Type any name and any password.' }).waitFor();
  await page.getByLabel('User name').fill('grace');
  await page.getByLabel('Password').fill('whatever');
  await page.getByLabel('Password').press('Enter');
  await page.locator('.connection.live').waitFor();
  assert.match(await page.locator('.who').innerText(), /grace/);
  assert.match(await page.locator('.who').innerText(), /demo/);

  // The login lasts for this tab; nothing else is stored.
  await page.reload();
  await page.locator('.connection.live').waitFor();
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('User name').waitFor();
  await page.reload();
  await page.getByLabel('User name').waitFor();
});
