// Shared by the page's tests: a master and workers of their own, a browser whose errors fail the test, screenshots.
// Nothing sleeps for a fixed time: tests wait for something that the page shows or the master reports.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { ECE465, MAKE_IMAGE, CHROMIUM, PACKAGES, SCREENSHOTS } = process.env;
const SKIPPED = 77; // CTest's SKIP_RETURN_CODE
export const TIMEOUT = 60_000; // of each wait
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

function needs(there, words) {
  if (there) return;
  console.log(`skipped: ${words}`);
  process.exit(SKIPPED);
}

export async function until(condition, words) {
  const end = Date.now() + TIMEOUT;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`still waiting for ${words}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/// A process that ends with the test at the latest.
class Process {
  constructor(name, args) {
    this.name = name;
    this.lines = '';
    this.child = spawn(ECE465, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.lines += text; });
    this.ended = new Promise((resolve) => { this.child.on('exit', resolve); });
  }

  signal(which) { this.child.kill(which); }
  async stop(which = 'SIGTERM') {
    this.signal(which);
    this.signal('SIGCONT');
    await this.ended;
  }
}

/// A master, at first on ports that the system chooses.
export class Master {
  constructor(test) {
    this.test = test;
    this.data = join(test.folder, 'data');
    this.ports = [0, 0];
  }

  /// Starts or restarts it; a restart uses the same ports.
  async start() {
    this.process = this.test.own(new Process('master', ['master', '--http-host', '127.0.0.1', '--http-port', String(this.ports[0]),
      '--worker-host', '127.0.0.1', '--worker-port', String(this.ports[1]), '--data-dir', this.data, '--log-format', 'json']));
    const line = await until(() => this.process.lines.split('\n').find((one) => one.includes('"master listening"')), 'the master');
    const { http, workers } = JSON.parse(line);
    this.ports = [http, workers].map((address) => Number(address.split(':').pop()));
    this.url = `http://${http}`;
    this.workerAddress = workers;
    return this;
  }

  async get(path) {
    const response = await fetch(this.url + path);
    assert.equal(response.status, 200, path);
    return response.json();
  }

  async bytes(name) { return Buffer.from(await (await fetch(`${this.url}/download/${encodeURIComponent(name)}`)).arrayBuffer()); }

  async worker(id) {
    const worker = this.test.own(new Process(id, ['worker', '--master', this.workerAddress, '--id', id, '--threads', '1']));
    await until(async () => (await this.get('/nodes')).connected_workers.includes(id), `worker ${id}`);
    return worker;
  }

  /// Uploads a file through the API.
  async upload(path) {
    const form = new FormData();
    form.append('file', new Blob([readFileSync(path)]), path.split('/').pop());
    assert.equal((await fetch(`${this.url}/upload`, { method: 'POST', body: form })).status, 200);
  }

  /// Runs jobs until these workers have passed their probation, and get as many strips as they can take.
  async prove(...ids) {
    this.test.tolerate(/status of 404 .*prove\.tif/); // a page may request the thumbnail after the deletion
    await this.upload(this.test.image('prove.tif', '--size', '1024x4096'));
    await until(async () => {
      const { job_id: id } = await (await fetch(`${this.url}/process/prove.tif`, { method: 'POST' })).json();
      await until(async () => (await this.get(`/api/v1/jobs/${id}`)).state === 'done', 'a job');
      const { workers } = await this.get('/api/v1/workers');
      return ids.every((worker) => workers.some((one) => one.id === worker && one.state === 'active'));
    }, 'workers to become active');
    await fetch(`${this.url}/files/prove.tif`, { method: 'DELETE' });
  }
}

class Test {
  constructor(name) {
    this.name = name;
    this.folder = mkdtempSync(join(tmpdir(), 'ece465-ui-'));
    this.processes = [];
    this.problems = [];
    this.tolerated = [];
  }

  own(process) {
    this.processes.push(process);
    return process;
  }

  /// Paints an image (tests/support/make_image); its path.
  image(name, ...options) {
    const path = join(this.folder, name);
    execFileSync(MAKE_IMAGE, [path, ...options]);
    return path;
  }

  async master() { return new Master(this).start(); }

  /// Ignores console messages that match, e.g. connection errors after the master was killed.
  tolerate(pattern) { this.tolerated.push(pattern); }

  record(words) {
    if (!this.tolerated.some((pattern) => pattern.test(words))) this.problems.push(words);
  }

  /// Opens a page. Errors, policy violations and requests to other hosts are recorded, and fail the test.
  async open(master, { size = DESKTOP, dark = false, calm = false } = {}) {
    const { chromium } = createRequire(join(PACKAGES, 'package.json'))('playwright-core');
    this.browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const context = await this.browser.newContext({
      viewport: size, colorScheme: dark ? 'dark' : 'light', reducedMotion: calm ? 'reduce' : 'no-preference', acceptDownloads: true,
    });
    context.setDefaultTimeout(TIMEOUT);
    const page = await context.newPage();
    await page.exposeFunction('reportViolation', (words) => this.record(`policy: ${words}`));
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    }));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.record(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.record(`error: ${error.stack}`));
    context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (origin !== master.url && !['data:', 'blob:'].includes(protocol)) this.record(`a request to another host: ${request.url()}`);
    });
    await this.goTo(page, `${master.url}/`);
    return page;
  }

  /// Chromium aborts requests in progress when a network interface appears or disappears, e.g. with a container: then the
  /// page is loaded again.
  async goTo(page, url) {
    const changed = /net::ERR_NETWORK_CHANGED/;
    this.tolerate(changed);
    for (let left = 10; left > 0; --left) {
      let again = false;
      const notice = (request) => { again ||= changed.test(request.failure()?.errorText); };
      page.on('requestfailed', notice);
      try {
        await page.goto(url);
      } catch (error) {
        if (!changed.test(error.message)) throw error;
        again = true;
      }
      page.off('requestfailed', notice);
      if (!again) return;
    }
    throw new Error('the network interfaces keep changing');
  }

  /// Opens a page and logs in.
  async openIn(master, options) {
    const page = await this.open(master, options);
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password').fill('anything');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('.connection.live').waitFor();
    return page;
  }

  /// Screenshots of the whole page on a phone and a desktop.
  async shot(page, name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const before = page.viewportSize();
    for (const [size, viewport] of [['phone', PHONE], ['desktop', DESKTOP]]) {
      await page.setViewportSize(viewport);
      await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size}.png`), fullPage: true });
    }
    await page.setViewportSize(before);
  }

  /// Screenshots of all pages after a failure.
  async show(name) {
    const pages = this.browser?.contexts().flatMap((context) => context.pages()) ?? [];
    for (const [i, page] of pages.entries()) {
      await page.screenshot({ path: join(SCREENSHOTS, `failed-${name.replace(/\W+/g, '-')}-${i}.png`), fullPage: true }).catch(() => {});
    }
  }

  async end() {
    await this.browser?.close();
    for (const process of this.processes.reverse()) await process.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/// Runs a test that needs a browser.
export async function scenario(name, run) {
  needs(CHROMIUM && !CHROMIUM.endsWith('NOTFOUND') && existsSync(CHROMIUM), 'Chromium is not installed (scripts/setup --with-dev)');
  needs(existsSync(join(PACKAGES, 'node_modules', 'playwright-core')), 'playwright-core is not installed (the build fetches it)');
  const test = new Test(name);
  let failure = null;
  try {
    await run(test);
    assert.deepEqual(test.problems, []);
  } catch (error) {
    failure = error;
    await test.show(name);
  }
  if (failure) {
    console.error(`${name}: ${failure.stack}`);
    for (const words of test.problems) console.error(`  ${words}`);
    for (const { name: role, lines } of test.processes) console.error(`--- ${role}\n${lines.split('\n').slice(-40).join('\n')}`);
    process.exitCode = 1;
  } else {
    console.log(`${name}: fine`);
  }
  await test.end();
}

/// The row of an image; the job's animation.
export const row = (page, name) => page.locator(`[data-file="${name}"]`);
export const animation = (page) => page.locator('.animation');

/// Uploads files through the page.
export async function uploadFiles(page, ...paths) {
  await page.locator('#files').setInputFiles(paths);
  for (const path of paths) await row(page, path.split('/').pop()).waitFor();
}
