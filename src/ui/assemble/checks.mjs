// What the page must not contain. The Content-Security-Policy would block most of it in the browser; here it fails the
// build, where it is noticed.

/// Namespace names look like URLs, but are never fetched.
const NAMESPACES = ['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xhtml', 'http://www.w3.org/1998/Math/MathML',
  'http://www.w3.org/1999/xlink'];

/// scheme://host, and //host after a quote, parenthesis or equals sign; elsewhere // begins a comment.
const ADDRESS = /\b(?:https?|wss?|ftp):\/\/[^\s"'`)<>]*|(?<=["'`(=])\/\/[\w-]+\.[\w.-]+[^\s"'`)<>]*/gi;

const FORBIDDEN = {
  html: [
    [/<script(?![^>]*\ssrc=)[^>]*>/i, 'an inline script'],
    [/<style[\s>]/i, 'an inline style sheet'],
    [/\sstyle\s*=/i, 'a style attribute'],
    [/\son[a-z]+\s*=/i, 'an event handler attribute'],
    [/javascript:/i, 'a javascript: address'],
  ],
  js: [
    [/\beval\s*\(/, 'eval'],
    [/\bnew\s+Function\b/, 'new Function'],
    [/\bset(?:Timeout|Interval)\s*\(\s*['"`]/, 'a timer that evaluates a string'],
    [/setAttribute\(\s*['"]style['"]/, 'a style attribute'],
  ],
  // For the page's own modules only: Preact itself contains these names.
  own: [[/\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|dangerouslySetInnerHTML/, 'HTML from a string']],
  css: [[/@import/, 'an @import, which delays the style']],
};

/// Problems of a file of the page, as sentences. `paths`: all files that are served.
export function check(path, content, paths) {
  const kind = path === '/' ? 'html' : path.split('.').pop();
  if (kind === 'woff2' || kind === 'txt') return [];  // no code; licences contain URLs
  const text = content.toString();
  const problems = [];
  for (const [address] of text.matchAll(ADDRESS)) {
    if (!NAMESPACES.includes(address)) problems.push(`${path} contains ${address}: the page must not refer to other hosts`);
  }
  const own = kind === 'js' && !path.includes('/packages/') ? FORBIDDEN.own : [];
  for (const [pattern, name] of [...(FORBIDDEN[kind] ?? []), ...own]) {
    const found = text.match(pattern);
    if (found) problems.push(`${path} contains ${name}: ${found[0]}`);
  }
  if (kind === 'css') {
    for (const [, name] of text.matchAll(/url\(\s*["']?([^"')]+)["']?\s*\)/g)) {
      if (!name.startsWith('data:') && !paths.has(path.replace(/[^/]*$/, '') + name)) {
        problems.push(`${path} refers to ${name}, which does not exist`);
      }
    }
  }
  return problems;
}
