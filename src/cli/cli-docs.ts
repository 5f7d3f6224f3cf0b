/** docs/cli.md, from the commands' own help. A test keeps the file equal to this; `vitest -u` writes it. */
import type { Command } from 'commander';

const introduction = `# The command line

<!-- Written by src/cli/cli-docs.ts; \`vitest run src/cli -u\` renews it. -->

\`convene\` is in \`dist/cli/main.js\` after \`npm run build\`; \`node src/cli/main.ts\` is the same from the sources.

| | |
|---|---|
| results | on stdout; with \`--json\` as JSON |
| notes, progress, errors | on stderr; an error is one line, which says what to do |
| exit code 0 | done |
| exit code 1 | it failed; of \`chat\`: the agent ended in an error; of \`import\`: a conversation was refused; of \`doctor\`: something that is needed is broken |
| exit code 2 | the command line is not valid |

Commands that read a data folder lock it meanwhile, as a server does: of these only one at a time uses it. Keys of the
configuration may also be set by files and variables: [configuration.md](configuration.md).

## What an import does

- It reads \`sessions/{id}/metadata.json\` and \`sessions/{id}/events/{n}.json\` of OpenHands 0.27. Titles, repositories,
  times of creation and the times of events are kept, to the millisecond; times without a zone are in UTC.
- Ids without a file become \`null\` observations, and so do files that can't be read or do not fit their kind. These,
  and files that are no events, are reported. A gap of more than 10,000 ids is not filled: what lies behind it is
  reported. Kinds of events that this version does not know are kept untouched.
- OpenHands does not store which of its events answer which. So that no agent meets once more what was met long ago,
  the confirmed or rejected repetition of an action is linked to it, and a log that leaves anything open is closed at
  its end as a server closes a conversation. Nothing of an imported log is ever carried out.
- Importing again changes nothing. An import that was interrupted, also by \`kill -9\`, goes on where it stopped. A
  conversation that was continued since stays as it is, and one that has other events under the same id, or was
  deleted, is refused.
- Workspaces and settings are not in such a folder, and are not taken. A conversation with a repository has it cloned
  when it goes on.

\`export\` writes the same layout, and importing that gives the same conversations.
`;

/** The whole page, as Markdown. */
export function renderCliDocs(program: Command): string {
  const parts = program.commands.map((command) => section(`convene ${command.name()}`, command));
  return [introduction, section('convene', program), ...parts].join('\n');
}

function section(title: string, command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHelpWidth: () => 110,
  });
  command.outputHelp();
  return `## ${title}\n\n\`\`\`text\n${help.trim()}\n\`\`\`\n`;
}
