/** docs/configuration.md, from the table. A test keeps the file equal to this; `vitest -u` writes it. */
import { type ConfigOption, configOptions } from './options.ts';

const introduction = `# Configuration

<!-- Written by src/config/config-docs.ts; \`vitest run src/config -u\` renews it. -->

Every key can be set in four places; a later one wins:

1. its default;
2. a JSON file: \`convene.json\` in the working directory, or the one that \`--config FILE\` or \`CONVENE_CONFIG\` names;
3. an environment variable, of several the first that is set; an empty one counts as not set;
4. a flag.

Keys that the file has and the table has not are refused, and so is every value that is not valid: the server says
which one, where it stands and what it expects, and does not start. Relative paths are relative to the working
directory. In a variable or a flag, lists are separated by commas, and \`true\`, \`yes\`, \`on\` and \`1\` mean true.
Whole secrets have no flag, since other users of a machine can read its command lines. \`convene config\` shows the
configuration that counts and where each value comes from.

\`\`\`json
{ "port": 4000, "maxIterations": 100, "allowedHosts": ["agents.example.org"] }
\`\`\`
`;

/** The whole page, as Markdown. */
export function renderConfigDocs(): string {
  const head = ['| key | environment | flag | default | |', '|---|---|---|---|---|'];
  return [introduction, ...head, ...configOptions().map(row), ''].join('\n');
}

function row(option: ConfigOption): string {
  const cells = [
    code(option.key),
    option.env.map(code).join(', '),
    option.flag === null ? '–' : code(option.flag),
    option.otherwise ?? shownDefault(option.default),
    `${option.description} Expected: ${option.expects}.`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function shownDefault(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'none';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

function code(text: string): string {
  return `\`${text}\``;
}
