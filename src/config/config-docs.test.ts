import { expect, it } from 'vitest';
import { renderConfigDocs } from './config-docs.ts';
import { configOptions } from './options.ts';

it('docs/configuration.md says what the table says', async () => {
  await expect(renderConfigDocs()).toMatchFileSnapshot('../../docs/configuration.md');
});

it('the page names every key, variable and flag', () => {
  const page = renderConfigDocs();
  for (const { key, env, flag } of configOptions()) {
    for (const name of [key, ...env, ...(flag === null ? [] : [flag])]) expect(page).toContain(`\`${name}\``);
  }
});
