// The files that the page uses from npm packages.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/// Roboto's weights; Latin only, other scripts fall back to a system font.
const FONTS = [400, 500];

/// beercss without its icon fonts (half a megabyte each, with CDN URLs) and without shape images, which the page does not
/// use.
function beercss(text) {
  return text.replace(/@font-face\{[^}]*\}/g, '').replace(/url\((?!data:)[^)]*\)/g, 'none');
}

/// uPlot as a module: its minified form is a script that defines a global. Removes the banner, which contains a URL; the
/// licence is in licences.txt.
function uplot(text) {
  return `${text.replace(/^\/\*![\s\S]*?\*\/\s*/, '')}\nexport default uPlot;\n`;
}

const RULE = `\n${'-'.repeat(80)}\n\n`;

/// htm's standalone build includes Preact, whose licence is not in htm's package.
const PREACT = `Preact, in htm's standalone build

The MIT License (MIT)

Copyright (c) 2015-present Jason Miller

`;

/// Returns [path in the page's folder, content] pairs.
export function packages(folder) {
  const read = (...path) => readFileSync(join(folder, ...path));
  const text = (...path) => read(...path).toString();
  const licence = (name) => {
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].find((file) => existsSync(join(folder, name, file)));
    if (!file) throw new Error(`${name} has no licence in its package`);
    const { version } = JSON.parse(text(name, 'package.json'));
    return `${name} ${version}\n\n${text(name, file).trim()}\n`;
  };
  return [
    ['packages/beer.css', beercss(text('beercss', 'dist', 'cdn', 'beer.min.css'))],
    ['packages/htm.js', text('htm', 'preact', 'standalone.module.js')],
    ['packages/uplot.js', uplot(text('uplot', 'dist', 'uPlot.iife.min.js'))],
    ['packages/uplot.css', text('uplot', 'dist', 'uPlot.min.css')],
    ...FONTS.map((weight) => [
      `packages/roboto-${weight}.woff2`,
      read('@fontsource', 'roboto', 'files', `roboto-latin-${weight}-normal.woff2`),
    ]),
    ['licences.txt', [...['beercss', 'htm', 'uplot', '@fontsource/roboto'].map(licence),
      PREACT + text('uplot', 'LICENSE').replace(/^[\s\S]*?(?=Permission is hereby)/, '')].join(RULE)],
  ];
}
