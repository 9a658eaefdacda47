// Makes the web page out of its sources and the npm packages, and a C++ file that has all of it inside the program.
//
//   node assemble.mjs --sources FOLDER --packages NODE_MODULES --out FOLDER --cpp FILE  SOURCE...
//
// There is no bundler: modules are served as they are written. What is done here: packages are cut down to the files
// that are used, everything is checked (checks.mjs), compressed, and put under a folder named by a hash of it all, so
// that browsers may keep it for ever. `--out` gets the files as they are served, to look at.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { check } from './checks.mjs';
import { cpp } from './cpp.mjs';
import { packages } from './packages.mjs';

const { values: options, positionals: sources } = parseArgs({
  options: { sources: { type: 'string' }, packages: { type: 'string' }, out: { type: 'string' }, cpp: { type: 'string' } },
  allowPositionals: true,
});

/// What all files together may weigh, compressed, fonts left out.
const LIMIT_BYTES = 120 * 1000;

const TYPES = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};

const hash = (...parts) => parts.reduce((h, part) => h.update(part), createHash('sha256')).digest('hex').slice(0, 16);

/// The page's own files and those of packages: name in the page's folder -> content.
function collect() {
  const files = new Map();
  for (const name of sources) files.set(name, readFileSync(join(options.sources, name)));
  for (const [name, content] of packages(options.packages)) files.set(name, Buffer.from(content));
  return files;
}

/// The page itself names the folder, and every module that is needed at once: they are fetched side by side instead of
/// one import after the other.
function page(template, folder, modules) {
  const preloads = modules.map((name) => `<link rel="modulepreload" href="${folder}${name}">`).join('\n  ');
  return template.replaceAll('{{folder}}', folder).replace('{{preloads}}', preloads);
}

/// The modules that `name` imports statically, itself first.
function imports(files, name, found = new Set()) {
  if (found.has(name)) return found;
  if (!files.has(name)) throw new Error(`${name} is imported and not there`);
  found.add(name);
  const text = files.get(name).toString();
  for (const [, from] of text.matchAll(/^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.[^'"]+)['"];$/gm)) {
    imports(files, join(dirname(name), from), found);
  }
  for (const [, later] of text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g)) {
    if (!files.has(join(dirname(name), later))) throw new Error(`${name} imports ${later}, which is not there`);
  }
  return found;
}

function main() {
  const files = collect();
  const template = files.get('index.html').toString();
  files.delete('index.html');
  const folder = `/ui/${hash(template, ...[...files].flat())}/`;
  const index = page(template, folder, [...imports(files, 'app.js')]);

  const assets = [{ path: '/', type: TYPES.html, content: Buffer.from(index) }];
  for (const [name, content] of files) {
    assets.push({ path: folder + name, type: TYPES[name.split('.').pop()], content });
  }
  const complaints = assets.flatMap((asset) => check(asset.path, asset.content, new Set(assets.map((a) => a.path))));
  let weight = 0;
  for (const asset of assets) {
    const gzip = asset.type === TYPES.woff2 ? Buffer.alloc(0) : gzipSync(asset.content, { level: 9 });
    asset.gzip = gzip.length < asset.content.length ? gzip : Buffer.alloc(0);
    asset.etag = hash(asset.content);
    if (asset.type !== TYPES.woff2) weight += asset.gzip.length || asset.content.length;
  }
  if (weight > LIMIT_BYTES) complaints.push(`the page weighs ${weight} bytes, compressed; ${LIMIT_BYTES} are allowed`);
  if (complaints.length > 0) {
    for (const complaint of complaints) console.error(`web page: ${complaint}`);
    return 1;
  }

  rmSync(options.out, { recursive: true, force: true });
  for (const asset of assets) {
    const path = join(options.out, asset.path === '/' ? 'index.html' : asset.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, asset.content);
  }
  writeFileSync(options.cpp, cpp(assets));
  console.log(`web page: ${assets.length} files, ${(weight / 1000).toFixed(1)} kB compressed, without fonts`);
  return 0;
}

process.exitCode = main();
