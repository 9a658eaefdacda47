// The build's own checks: what the Content-Security-Policy would stop in the browser stops the build.
import assert from 'node:assert/strict';
import test from 'node:test';
import { check } from '../../src/ui/assemble/checks.mjs';

const complaints = (path, text, paths = []) => check(path, Buffer.from(text), new Set(paths));

test('addresses of other hosts are refused, wherever they are', () => {
  const refused = [
    ['/', '<img src="https://example.org/a.png">'],
    ['/', '<img src="//example.org/a.png">'],
    ['/', '<a href="http://example.org">there</a>'],
    ['/ui/1/a.css', '.a { background: url(https://example.org/a.png) }'],
    ['/ui/1/a.css', '.a { background: url(//example.org/a.png) }'],
    ['/ui/1/a.js', 'fetch("https://example.org/")'],
    ['/ui/1/a.js', 'const a = `//example.org/${name}`;'],
    ['/ui/1/a.js', 'new WebSocket("wss://example.org/")'],
    ['/ui/1/a.js', '// see https://example.org/'],
    ['/ui/1/a.svg', '<svg><image href="https://example.org/a.png"/></svg>'],
  ];
  for (const [path, text] of refused) assert.match(complaints(path, text).join(), /example\.org/, text);
});

test('namespaces and comments are no addresses', () => {
  assert.deepEqual(complaints('/ui/1/a.js', "document.createElementNS('http://www.w3.org/2000/svg', 'svg'); // a comment"), []);
  assert.deepEqual(complaints('/ui/1/a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'), []);
  assert.deepEqual(complaints('/ui/1/licences.txt', 'https://example.org/licence'), []);
});

test('what is written into the page is refused', () => {
  for (const text of ['<script>alert(1)</script>', '<style>p {}</style>', '<p style="color:red">', '<p onclick="x()">',
    '<a href="javascript:x()">']) {
    assert.equal(complaints('/', text).length, 1, text);
  }
  assert.deepEqual(complaints('/', '<script type="module" src="/ui/1/app.js"></script>'), []);
});

test('text that becomes code is refused', () => {
  for (const text of ['eval("1")', 'new Function("a")', 'setTimeout("x()", 1)', 'p.setAttribute("style", "a")', 'p.innerHTML = a']) {
    assert.equal(complaints('/ui/1/a.js', text).length, 1, text);
  }
  assert.deepEqual(complaints('/ui/1/packages/htm.js', 'a.dangerouslySetInnerHTML'), []);
});

test('styles name only what is there', () => {
  assert.equal(complaints('/ui/1/a.css', '.a { background: url(b.png) }').length, 1);
  assert.deepEqual(complaints('/ui/1/a.css', '.a { background: url("b.png") }', ['/ui/1/b.png']), []);
  assert.equal(complaints('/ui/1/a.css', '@import "b.css";').length, 1);
});
