import { expect, it } from 'vitest';
import { renderCliDocs } from './cli-docs.ts';
import { createProgram } from './commands.ts';

const program = createProgram(() => {});

it('docs/cli.md says what the help says', async () => {
  await expect(renderCliDocs(program)).toMatchFileSnapshot('../../docs/cli.md');
});

it('every command says what it does, and every option too', () => {
  const names = program.commands.map((command) => command.name());
  expect(names).toEqual([
    'serve',
    'chat',
    'list',
    'import',
    'export',
    'migrate',
    'cluster',
    'config',
    'doctor',
  ]);
  for (const command of program.commands) {
    expect(command.description()).toMatch(/\.$/);
    for (const { description } of command.options) expect(description).not.toBe('');
  }
});
