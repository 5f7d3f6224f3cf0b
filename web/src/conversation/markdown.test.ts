import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { Markdown } from './Markdown.tsx';
import { safeHref } from './markdown-text.ts';

const html = (text: string): string =>
  renderToStaticMarkup(createElement(Markdown, { text })).replace(
    /^<div class="markdown">(.*)<\/div>$/s,
    '$1',
  );

it.each([
  ['**a** _b_ ~~c~~ `d`', '<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>'],
  ['one\ntwo', '<p>one<br/>two</p>'],
  ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
  ['3. a', '<ol start="3"><li>a</li></ol>'],
  ['> q', '<blockquote><p>q</p></blockquote>'],
  [
    '```js\nlet a = 1 < 2;\n```',
    '<pre class="markdown-code" data-language="js"><code>let a = 1 &lt; 2;</code></pre>',
  ],
  ['a &amp; b &#33; &lt;c&gt;', '<p>a &amp; b ! &lt;c&gt;</p>'],
  ['key [redacted]', '<p>key <span class="redacted" title="A secret stood here">[redacted]</span></p>'],
])('shows %j', (text, shown) => expect(html(text)).toBe(shown));

it('shows tables, and what of a list is done', () => {
  expect(html('| a | b |\n|---|--:|\n| 1 | 2 |')).toContain('<td class="markdown-right">2</td>');
  expect(html('- [x] a\n- [ ] b')).toContain('☑');
});

it.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[a](javascript:alert(1))',
  '[a](JaVaScRiPt&#58;alert(1))',
  '[a](data:text/html,<script>alert(1)</script>)',
  '![a](https://elsewhere.example/pixel.png)',
  '![a](data:image/svg+xml;base64,PHN2Zz4=)',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
])('takes nothing of a text for a script, and fetches nothing: %j', (text) => {
  expect(html(text)).not.toMatch(/<(script|img|svg|iframe)|href="(?!https:|http:|mailto:)|\son\w+="/i);
});

it('follows addresses of the web and of mail alone', () => {
  expect(safeHref('https://a.example/b?c')).toBe('https://a.example/b?c');
  expect(safeHref('mailto:a@b.example')).toBe('mailto:a@b.example');
  for (const address of ['javascript:1', ' javascript:1', 'file:///etc/passwd', '/etc', 'a.md', 'vbscript:1'])
    expect(safeHref(address)).toBeNull();
});
