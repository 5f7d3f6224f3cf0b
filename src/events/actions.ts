/**
 * The actions: what a user or an agent does. One schema a kind, as the wire has it (snake_case). A field that a
 * client may leave out has a default, so that everything behind the schema sees a whole action. Arguments that
 * no schema names (`timestamp`, or those of a later release) are kept as they are.
 *
 * A stored log is read without these schemas (`stored-body.ts`): a field that is added later must be optional.
 */
import { z } from 'zod';
import { agentStateSchema } from './agent-state-schema.ts';
import type { Immutable, Named } from './immutable.ts';
import type { actionNames, confirmableNames, runnableNames } from './kinds.ts';

export const confirmationStates = ['confirmed', 'awaiting_confirmation', 'rejected'] as const;
export type ConfirmationState = (typeof confirmationStates)[number];

const thought = z.string().default('');
const confirmation_state = z.enum(confirmationStates).default('confirmed');
const line = z.int();
const jsonObject = z.record(z.string(), z.unknown());

/** Seconds that an action may take. */
const timeout = z.number().positive();

function action<Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, args: Shape) {
  return z.object({ action: z.literal(kind), args: z.looseObject(args), timeout: z.exactOptional(timeout) });
}

const schemas = {
  message: action('message', {
    content: z.string(),
    image_urls: z
      .array(z.string())
      .nullish()
      .transform((urls) => urls ?? []),
    wait_for_response: z.boolean().default(false),
  }),
  run: action('run', {
    command: z.string(),
    is_input: z.boolean().default(false),
    thought,
    blocking: z.boolean().default(false),
    hidden: z.boolean().default(false),
    confirmation_state,
  }),
  run_ipython: action('run_ipython', {
    code: z.string(),
    thought,
    include_extra: z.boolean().default(true),
    confirmation_state,
    kernel_init_code: z.string().default(''),
  }),
  read: action('read', {
    path: z.string(),
    start: line.default(0),
    end: line.default(-1),
    thought,
    impl_source: z.string().default('default'),
    view_range: z.array(line).nullable().default(null),
  }),
  write: action('write', {
    path: z.string(),
    content: z.string(),
    start: line.default(0),
    end: line.default(-1),
    thought,
  }),
  edit: action('edit', {
    path: z.string(),
    command: z.string().default(''),
    file_text: z.string().nullable().default(null),
    old_str: z.string().nullable().default(null),
    new_str: z.string().nullable().default(null),
    insert_line: line.nullable().default(null),
    content: z.string().default(''),
    start: line.default(1),
    end: line.default(-1),
    thought,
    impl_source: z.string().default('oh_aci'),
  }),
  browse: action('browse', { url: z.string(), thought }),
  browse_interactive: action('browse_interactive', {
    browser_actions: z.string(),
    thought,
    browsergym_send_msg_to_user: z.string().default(''),
  }),
  think: action('think', { thought }),
  finish: action('finish', {
    outputs: jsonObject.default({}),
    thought,
    final_thought: z.exactOptional(z.string()),
    task_completed: z.exactOptional(z.union([z.string(), z.boolean()]).nullable()),
  }),
  reject: action('reject', { outputs: jsonObject.default({}), thought }),
  delegate: action('delegate', { agent: z.string(), inputs: jsonObject.default({}), thought }),
  change_agent_state: action('change_agent_state', {
    agent_state: agentStateSchema,
    thought,
    /** With `user_confirmed` or `user_rejected`: the id of the action that is meant. */
    action_id: z.exactOptional(z.int().nonnegative()),
  }),
  recall: action('recall', {
    query: z.string().default(''),
    recall_type: z.string().default('knowledge'),
    thought,
  }),
  call_tool_mcp: action('call_tool_mcp', {
    name: z.string(),
    arguments: jsonObject.default({}),
    thought,
    confirmation_state,
  }),
  condensation: action('condensation', {
    forgotten_event_ids: z.array(z.int()).nullable().default(null),
    forgotten_events_start_id: z.int().nullable().default(null),
    forgotten_events_end_id: z.int().nullable().default(null),
    summary: z.string().nullable().default(null),
    summary_offset: z.int().nullable().default(null),
  }),
  null: action('null', {}),
} satisfies Record<(typeof actionNames)[number], z.ZodType>;

export const actionSchemas: Readonly<typeof schemas> = schemas;

type ParsedAction = z.output<(typeof schemas)[keyof typeof schemas]>;
type AsAction<Parsed> = Parsed extends { action: infer Kind; args: infer Args }
  ? { readonly action: Kind; readonly args: Immutable<Named<Args>>; readonly timeout?: number }
  : never;

/** An action of a kind that this version knows: narrow it by `action`. */
export type Action = AsAction<ParsedAction>;
export type ActionKind = Action['action'];
export type ActionOf<Kind extends ActionKind> = Extract<Action, { readonly action: Kind }>;

export type MessageAction = ActionOf<'message'>;
export type RunAction = ActionOf<'run'>;

declare const unknownKind: unique symbol;
/**
 * A kind's name that this version does not know: at run time any string that names no known kind. The type is a
 * literal, because only literals take part in narrowing (`event.action === 'message'` excludes it), and branded,
 * because nobody is to write it.
 */
export type UnknownKind = '(unknown)' & { readonly [unknownKind]: true };

/** An action that a later release wrote: kept as it is and passed on untouched. */
export interface UnknownAction {
  readonly action: UnknownKind;
  readonly args?: unknown;
  readonly timeout?: number;
}

/** An action that something must carry out and answer with an observation. */
export type RunnableAction = ActionOf<(typeof runnableNames)[number]>;

/** An action that waits for the user in confirmation mode. */
export type ConfirmableAction = ActionOf<(typeof confirmableNames)[number]>;
