/**
 * The tools of `CodeActAgent`: what the model may call, what action a call becomes, and what call an action was.
 */
import { z } from 'zod';
import type { Action, ActionOf, UnknownAction } from '../../events/actions.ts';
import { runCommand } from '../actions.ts';
import type { LlmTool } from '../llm/llm.ts';

const path = z.string().min(1).describe('Path in the workspace.');
const viewRange = z
  .array(z.int())
  .length(2)
  .optional()
  .describe('First and last line, counted from 1; -1 as the last is the end of the file.');

const schemas = {
  run: z.object({
    command: z.string().describe('A bash command. With is_input, what is typed into the running one.'),
    is_input: z
      .boolean()
      .optional()
      .describe('Send the text to the command that still runs; C-c, C-d and C-z are keys.'),
    timeout: z.number().positive().optional().describe('Seconds to wait for its end.'),
  }),
  read: z.object({ path, view_range: viewRange }),
  write: z.object({ path, content: z.string().describe('The whole new content.') }),
  edit: z.object({
    command: z.enum(['view', 'create', 'str_replace', 'insert', 'undo_edit']),
    path,
    file_text: z.string().optional().describe('create: the content of the new file.'),
    old_str: z
      .string()
      .optional()
      .describe('str_replace: what is replaced. It occurs exactly once in the file.'),
    new_str: z.string().optional().describe('str_replace: what it becomes; insert: what is added.'),
    insert_line: z.int().optional().describe('insert: the line after which it is added; 0: at the top.'),
    view_range: viewRange,
  }),
  think: z.object({ thought: z.string() }),
  finish: z.object({ message: z.string().describe('What was done, for the user.') }),
} as const;

export type ToolName = keyof typeof schemas;

const descriptions: Readonly<Record<ToolName, string>> = {
  run: 'Run a bash command in the workspace and see what it prints and its exit code.',
  read: 'Read a file with line numbers, or list a folder.',
  write: 'Write a whole file, new or in place of the old one.',
  edit: 'View, create or change a file.',
  think: 'Note a thought. It changes nothing.',
  finish: 'The task is done, or cannot be done: say so and end the turn.',
};

let told: readonly LlmTool[] | null = null;

/** The tools, as a model is told of them: made once, for all agents. */
export function toolsForModel(): readonly LlmTool[] {
  told ??= Object.entries(schemas).map(([name, schema]) => {
    const { $schema: _, ...inputSchema } = z.toJSONSchema(schema, { io: 'input' });
    return { name, description: isToolName(name) ? descriptions[name] : '', inputSchema };
  });
  return told;
}

export function isToolName(name: string): name is ToolName {
  return Object.hasOwn(schemas, name);
}

export type ToolAction = ActionOf<'run' | 'read' | 'write' | 'edit' | 'think' | 'finish'>;

/** The action that a call asks for, or what is wrong with it, for the model to read. `thought`: what was said with it. */
export function actionOfCall(
  { input, name }: { readonly name: string; readonly input: string },
  thought: string,
): ToolAction | { readonly wrong: string } {
  if (!isToolName(name)) {
    return {
      wrong: `There is no tool ${JSON.stringify(name)}. There are ${Object.keys(schemas).join(', ')}.`,
    };
  }
  let given: unknown;
  try {
    given = JSON.parse(input === '' ? '{}' : input);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { wrong: `The arguments of ${name} are no valid JSON: ${why}. Nothing was done; call it again.` };
  }
  const wrong = (error: z.ZodError): { wrong: string } => ({
    wrong: `The arguments of ${name} do not fit: ${z.prettifyError(error)} Nothing was done; call it again.`,
  });
  switch (name) {
    case 'run': {
      const { data, error } = schemas.run.safeParse(given);
      if (error !== undefined) return wrong(error);
      const { command, is_input: isInput = false, timeout } = data;
      return runCommand(command, {
        thought,
        isInput,
        ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
      });
    }
    case 'read': {
      const { data, error } = schemas.read.safeParse(given);
      return error === undefined ? view(data.path, data.view_range, thought) : wrong(error);
    }
    case 'write': {
      const { data, error } = schemas.write.safeParse(given);
      if (error !== undefined) return wrong(error);
      return { action: 'write', args: { ...data, start: 0, end: -1, thought } };
    }
    case 'edit': {
      const { data, error } = schemas.edit.safeParse(given);
      if (error !== undefined) return wrong(error);
      return data.command === 'view' ? view(data.path, data.view_range, thought) : edit(data, thought);
    }
    case 'think': {
      const { data, error } = schemas.think.safeParse(given);
      if (error !== undefined) return wrong(error);
      return { action: 'think', args: { thought: [thought, data.thought].filter(Boolean).join('\n\n') } };
    }
    case 'finish': {
      const { data, error } = schemas.finish.safeParse(given);
      if (error !== undefined) return wrong(error);
      const { message } = data;
      return { action: 'finish', args: { outputs: {}, thought, final_thought: message } };
    }
  }
}

function view(given: string, range: readonly number[] | undefined, thought: string): ActionOf<'read'> {
  return {
    action: 'read',
    args: { path: given, start: 0, end: -1, thought, impl_source: 'default', view_range: range ?? [1, -1] },
  };
}

function edit(data: z.output<typeof schemas.edit>, thought: string): ActionOf<'edit'> {
  return {
    action: 'edit',
    args: {
      path: data.path,
      command: data.command,
      file_text: data.file_text ?? null,
      old_str: data.old_str ?? null,
      new_str: data.new_str ?? null,
      insert_line: data.insert_line ?? null,
      content: '',
      start: 1,
      end: -1,
      thought,
      impl_source: 'oh_aci',
    },
  };
}

/** The call that an action of an agent was, and what was said with it; null for one that is none. */
export function callOfAction(action: Action | UnknownAction): {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly said: string;
} | null {
  switch (action.action) {
    case 'run': {
      const { command, is_input, thought: said } = action.args;
      const { timeout } = action;
      const more = { ...(is_input ? { is_input } : {}), ...(timeout === undefined ? {} : { timeout }) };
      return { name: 'run', input: { command, ...more }, said };
    }
    case 'read': {
      const { path: file, thought: said, view_range } = action.args;
      const whole = view_range === null || (view_range[0] === 1 && view_range[1] === -1);
      return { name: 'read', input: { path: file, ...(whole ? {} : { view_range }) }, said };
    }
    case 'write': {
      const { content, path: file, thought: said } = action.args;
      return { name: 'write', input: { path: file, content }, said };
    }
    case 'edit': {
      const { command, file_text, insert_line, new_str, old_str, path: file, thought: said } = action.args;
      const given = Object.entries({ file_text, old_str, new_str, insert_line });
      const input = Object.fromEntries(given.filter(([, value]) => value !== null));
      return { name: 'edit', input: { command, path: file, ...input }, said };
    }
    case 'think':
      return { name: 'think', input: { thought: action.args.thought }, said: '' };
    case 'finish': {
      const { final_thought, thought } = action.args;
      return { name: 'finish', input: { message: final_thought ?? thought }, said: '' };
    }
    case 'run_ipython':
    case 'browse':
    case 'browse_interactive':
    case 'recall':
    case 'call_tool_mcp':
    case 'delegate':
      return { name: action.action, input: { ...action.args }, said: '' };
    default:
      return null;
  }
}
