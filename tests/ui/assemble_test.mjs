// The build's checks: what the Content-Security-Policy would block in the browser fails the build.
import assert from 'node:assert/strict';
import test from 'node:test';
import { check } from '../../src/ui/assemble/checks.mjs';

const problems = (path, text, paths = []) => check(path, Buffer.from(text), new Set(paths));

test('URLs of other hosts are rejected everywhere', () => {
  const rejected = [
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
  for (const [path, text] of rejected) assert.match(problems(path, text).join(), /example\.org/, text);
});

test('namespaces and comments are accepted', () => {
  assert.deepEqual(problems('/ui/1/a.js', "document.createElementNS('http://www.w3.org/2000/svg', 'svg'); // a comment"), []);
  assert.deepEqual(problems('/ui/1/a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'), []);
  assert.deepEqual(problems('/ui/1/licences.txt', 'https://example.org/licence'), []);
});

test('inline scripts and styles are rejected', () => {
  for (const text of ['<script>alert(1)</script>', '<style>p {}</style>', '<p style="color:red">', '<p onclick="x()">',
    '<a href="javascript:x()">']) {
    assert.equal(problems('/', text).length, 1, text);
  }
  assert.deepEqual(problems('/', '<script type="module" src="/ui/1/app.js"></script>'), []);
});

test('strings that are evaluated as code are rejected', () => {
  for (const text of ['eval("1")', 'new Function("a")', 'setTimeout("x()", 1)', 'p.setAttribute("style", "a")', 'p.innerHTML = a']) {
    assert.equal(problems('/ui/1/a.js', text).length, 1, text);
  }
  assert.deepEqual(problems('/ui/1/packages/htm.js', 'a.dangerouslySetInnerHTML'), []);
});

test('style sheets refer to existing files only', () => {
  assert.equal(problems('/ui/1/a.css', '.a { background: url(b.png) }').length, 1);
  assert.deepEqual(problems('/ui/1/a.css', '.a { background: url("b.png") }', ['/ui/1/b.png']), []);
  assert.equal(problems('/ui/1/a.css', '@import "b.css";').length, 1);
});
