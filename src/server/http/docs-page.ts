/** The page at `/docs`: it shows `/openapi.json`, asks nobody else, and needs nothing to be built. */

export const docsPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Convene: HTTP interface</title><link rel="stylesheet" href="/docs/page.css"></head>
<body>
<main><h1>HTTP interface</h1><p id="about">Loading…</p><div id="routes"></div></main>
<script src="/docs/page.js"></script>
</body>
</html>
`;

export const docsStyle = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:0 1rem}
main{max-width:56rem;margin:2rem auto}
h2{margin:2rem 0 .5rem;font-size:1.1rem;text-transform:capitalize}
details{border:1px solid #8884;border-radius:.4rem;margin:.3rem 0}
summary{padding:.5rem .8rem;cursor:pointer;display:flex;gap:.8rem;flex-wrap:wrap;align-items:baseline}
summary b{font:600 .8rem ui-monospace,monospace;min-width:4rem}
summary code{font-weight:600;overflow-wrap:anywhere}
summary span{opacity:.8;flex:1 1 16rem}
details>div{padding:0 .8rem .8rem}
h3{font-size:.9rem;margin:.8rem 0 .2rem}
pre{background:#8882;padding:.6rem;border-radius:.3rem;overflow:auto;font-size:.8rem;margin:0}
`;

export const docsScript = `'use strict';
const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text !== '') made.textContent = text;
  made.append(...children);
  return made;
};
const part = (title, value) => [element('h3', title), element('pre', JSON.stringify(value, null, 2))];
const shown = (method, path, operation) => {
  const summary = element('summary', '', element('b', method.toUpperCase()), element('code', path), element('span', operation.summary));
  const body = element('div', '');
  if (operation.parameters.length > 0) body.append(...part('Parameters', operation.parameters));
  if (operation.requestBody) body.append(...part('Body', operation.requestBody.content));
  body.append(...part('Answer', operation.responses[200].content));
  return element('details', '', summary, body);
};
fetch('/openapi.json')
  .then((response) => response.json())
  .then(({ info, paths }) => {
    document.getElementById('about').textContent = info.description;
    const groups = new Map();
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const [tag] = operation.tags;
        if (!groups.has(tag)) groups.set(tag, []);
        groups.get(tag).push(shown(method, path, operation));
      }
    }
    const routes = document.getElementById('routes');
    for (const [tag, items] of groups) routes.append(element('h2', tag), ...items);
  })
  .catch((error) => {
    document.getElementById('about').textContent = 'This could not be loaded: ' + error.message;
  });
`;
