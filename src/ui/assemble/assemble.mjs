// Assembles the web page from its sources and the npm packages, and writes it as a C++ file to be compiled in.
//
//   node assemble.mjs --sources FOLDER --packages NODE_MODULES --out FOLDER --cpp FILE  SOURCE...
//
// There is no bundler: modules are served as they are written. Packages are reduced to the files that are used
// (packages.mjs); all files are checked (checks.mjs), compressed, and put into a folder named by a hash of all contents,
// so that browsers may cache them forever. `--out` receives the files as they are served, for inspection.
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

/// Limit for all files together, compressed, without fonts.
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

/// The page's own files and those of packages: path in the page's folder -> content.
function collect() {
  const files = new Map();
  for (const name of sources) files.set(name, readFileSync(join(options.sources, name)));
  for (const [name, content] of packages(options.packages)) files.set(name, Buffer.from(content));
  return files;
}

/// index.html with the folder's name and a modulepreload for each module, so that they are fetched in parallel instead of
/// one import after the other.
function page(template, folder, modules) {
  const preloads = modules.map((name) => `<link rel="modulepreload" href="${folder}${name}">`).join('\n  ');
  return template.replaceAll('{{folder}}', folder).replace('{{preloads}}', preloads);
}

/// The modules that `name` imports statically, itself first.
function imports(files, name, found = new Set()) {
  if (found.has(name)) return found;
  if (!files.has(name)) throw new Error(`${name} is imported but does not exist`);
  found.add(name);
  const text = files.get(name).toString();
  for (const [, from] of text.matchAll(/^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.[^'"]+)['"];$/gm)) {
    imports(files, join(dirname(name), from), found);
  }
  for (const [, later] of text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g)) {
    if (!files.has(join(dirname(name), later))) throw new Error(`${name} imports ${later}, which does not exist`);
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
  const problems = assets.flatMap((asset) => check(asset.path, asset.content, new Set(assets.map((a) => a.path))));
  let size = 0;
  for (const asset of assets) {
    const gzip = asset.type === TYPES.woff2 ? Buffer.alloc(0) : gzipSync(asset.content, { level: 9 });
    asset.gzip = gzip.length < asset.content.length ? gzip : Buffer.alloc(0);
    asset.etag = hash(asset.content);
    if (asset.type !== TYPES.woff2) size += asset.gzip.length || asset.content.length;
  }
  if (size > LIMIT_BYTES) problems.push(`the page is ${size} bytes compressed; the limit is ${LIMIT_BYTES}`);
  if (problems.length > 0) {
    for (const problem of problems) console.error(`web page: ${problem}`);
    return 1;
  }

  rmSync(options.out, { recursive: true, force: true });
  for (const asset of assets) {
    const path = join(options.out, asset.path === '/' ? 'index.html' : asset.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, asset.content);
  }
  writeFileSync(options.cpp, cpp(assets));
  console.log(`web page: ${assets.length} files, ${(size / 1000).toFixed(1)} kB compressed, without fonts`);
  return 0;
}

process.exitCode = main();
