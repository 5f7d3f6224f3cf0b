/** A conversation of any length, written into the data folder of a server that does not run yet. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, say } from '../../../src/agent/actions.ts';
import type { NewEvent } from '../../../src/events/event.ts';
import { editObservation, runObservation, stateObservation } from '../../../src/events/observations.ts';
import { writerOf } from '../../../src/store/event-store.ts';
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts';

const BATCH = 1_000;
/** Events of one turn. */
const TURN = 10;

export async function writeLongConversation(dataDir: string, sid: string, length: number): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await using store = new SqliteEventStore({ file: join(dataDir, 'convene.db') });
  await store.open();
  const start = Date.now() - length * 1_000;
  for (let first = 0; first < length; first += BATCH) {
    const events: NewEvent[] = [];
    for (let id = first; events.length < Math.min(BATCH, length - first); id += TURN)
      events.push(...turn(id));
    await store.append({
      sid,
      at: start + first * 1_000,
      writer: writerOf.system,
      events: events.slice(0, length - first),
      create: { userId: '', title: 'A long conversation' },
      set: { agentState: 'awaiting_user_input' },
    });
  }
}

/** What a person asked for and an agent did, of which `first` is the first id. */
function turn(first: number): NewEvent[] {
  const path = `src/part-${first}.ts`;
  const before = `export const part = ${first};\nexport const name = 'old';\n`;
  return [
    { ...say(`Please look at **part ${first}**, and mend what is wrong.`, false), source: 'user' },
    { ...stateObservation('running'), source: 'environment', cause: first },
    { ...runCommand(`grep -n name ${path}`, { thought: 'I look for the `name` first.' }), source: 'agent' },
    { ...run(`grep -n name ${path}`, output(first)), source: 'agent', cause: first + 2 },
    { action: 'think', args: { thought: `Part ${first} has an old name.` }, source: 'agent' },
    edit(path),
    {
      ...editObservation({
        path,
        content: 'Edited.',
        oldContent: before,
        newContent: before.replace('old', 'new'),
        diff: `--- a/${path}\n+++ b/${path}\n@@ -1,2 +1,2 @@\n export const part = ${first};\n-export const name = 'old';\n+export const name = 'new';\n`,
      }),
      source: 'agent',
      cause: first + 5,
    },
    { ...runCommand(`npm test -- part-${first}`), source: 'agent' },
    {
      ...run(`npm test -- part-${first}`, '\u001b[32m✓\u001b[0m 3 passed\n'),
      source: 'agent',
      cause: first + 7,
    },
    { ...say(answer(first)), source: 'agent' },
  ];
}

function run(command: string, content: string) {
  return runObservation({ command, content, exitCode: 0 });
}

function edit(path: string): NewEvent {
  return {
    action: 'edit',
    args: {
      path,
      command: 'str_replace',
      file_text: null,
      old_str: 'old',
      new_str: 'new',
      insert_line: null,
      content: '',
      start: 1,
      end: -1,
      thought: '',
      impl_source: 'oh_aci',
    },
    source: 'agent',
  };
}

function output(first: number): string {
  const lines = 1 + ((first / TURN) % 17) * 3;
  return Array.from({ length: lines }, (_, line) => `${line + 1}: \u001b[33mname\u001b[0m = 'old'\n`).join(
    '',
  );
}

function answer(first: number): string {
  return [
    `Part ${first} is mended:`,
    '',
    '- the name is **new**',
    `- \`part-${first}\` passes its tests`,
    '',
    '```ts',
    "export const name = 'new';",
    '```',
  ].join('\n');
}
