// What must not be in the page. The Content-Security-Policy would stop most of it in the browser; here it stops the
// build, where somebody sees it.

/// Names that look like addresses and are none: nobody fetches them.
const NAMESPACES = ['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xhtml', 'http://www.w3.org/1998/Math/MathML',
  'http://www.w3.org/1999/xlink'];

/// scheme://host, and //host where something is fetched from it. A comment of a program begins with // as well, but
/// not right behind a quote or a parenthesis.
const ADDRESS = /\b(?:https?|wss?|ftp):\/\/[^\s"'`)<>]*|(?<=["'`(=])\/\/[\w-]+\.[\w.-]+[^\s"'`)<>]*/gi;

const FORBIDDEN = {
  html: [
    [/<script(?![^>]*\ssrc=)[^>]*>/i, 'a script that is written into the page'],
    [/<style[\s>]/i, 'a style that is written into the page'],
    [/\sstyle\s*=/i, 'a style attribute'],
    [/\son[a-z]+\s*=/i, 'an event handler attribute'],
    [/javascript:/i, 'a javascript: address'],
  ],
  js: [
    [/\beval\s*\(/, 'eval'],
    [/\bnew\s+Function\b/, 'new Function'],
    [/\bset(?:Timeout|Interval)\s*\(\s*['"`]/, 'a timer with text for code'],
    [/setAttribute\(\s*['"]style['"]/, 'a style attribute'],
  ],
  // Of the page's own modules: Preact must know the word, and nobody else needs it.
  own: [[/\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|dangerouslySetInnerHTML/, 'text that becomes HTML']],
  css: [[/@import/, 'an @import, which is fetched late']],
};

/// What is wrong with a file of the page, as sentences. `paths`: all that is served.
export function check(path, content, paths) {
  const kind = path === '/' ? 'html' : path.split('.').pop();
  if (kind === 'woff2' || kind === 'txt') return [];  // no code, and licences name where they come from
  const text = content.toString();
  const complaints = [];
  for (const [address] of text.matchAll(ADDRESS)) {
    if (!NAMESPACES.includes(address)) complaints.push(`${path} names ${address}: the page fetches nothing from elsewhere`);
  }
  const own = kind === 'js' && !path.includes('/packages/') ? FORBIDDEN.own : [];
  for (const [pattern, words] of [...(FORBIDDEN[kind] ?? []), ...own]) {
    const found = text.match(pattern);
    if (found) complaints.push(`${path} has ${words}: ${found[0]}`);
  }
  if (kind === 'css') {
    for (const [, name] of text.matchAll(/url\(\s*["']?([^"')]+)["']?\s*\)/g)) {
      if (!name.startsWith('data:') && !paths.has(path.replace(/[^/]*$/, '') + name)) {
        complaints.push(`${path} needs ${name}, which is not there`);
      }
    }
  }
  return complaints;
}
