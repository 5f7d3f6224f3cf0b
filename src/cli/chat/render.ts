/** What a person in a terminal sees of an event: some lines, or none. */
import { type EventBody, isAction, type StoredEvent } from '../../events/event.ts';
import { isKnownAction, isKnownObservation } from '../../events/kinds.ts';
import { messageLine } from '../../events/message-line.ts';
import { oneLine, printable } from '../table.ts';

/** Of what a command prints, or a file holds. */
const MAX_LINES = 60;

export interface Line {
  readonly text: string;
  /** `text`: what somebody said or printed. `note`: what happened, in short. `problem`: what went wrong. */
  readonly tone: 'text' | 'note' | 'problem';
}

export function renderEvent(event: StoredEvent): Line[] {
  if (isAction(event)) return renderAction(event);
  if (!isKnownObservation(event)) return [note(messageLine(event))];
  const { content } = event;
  switch (event.observation) {
    case 'null':
      return [];
    case 'run':
      return event.extras.hidden ? [] : [...text(content), exitLine(event.extras.metadata.exit_code)];
    case 'run_ipython':
      return text(content);
    case 'agent_state_changed':
      return [stateLine(event.extras.agent_state, event.extras.reason)];
    case 'error':
      return [problem(content)];
    case 'user_rejected':
      return [note(`rejected: ${content}`)];
    case 'edit':
    case 'write':
    case 'browse':
      return [note(messageLine(event))];
    case 'delegate':
    case 'mcp':
    case 'success':
      return content === '' ? [note(messageLine(event))] : text(content);
    case 'read':
    case 'think':
    case 'recall':
    case 'condense':
      return []; // its action has said it
  }
}

function renderAction(event: StoredEvent & EventBody): Line[] {
  if (!isKnownAction(event)) return [note(messageLine(event))];
  switch (event.action) {
    case 'null':
    case 'change_agent_state':
      return [];
    case 'message': {
      const images = event.args.image_urls.length;
      const said = text(event.args.content, Number.POSITIVE_INFINITY);
      const lines = images === 0 ? said : [...said, note(`${images} image${images === 1 ? '' : 's'}`)];
      return event.source === 'user' ? lines.map((line) => ({ ...line, text: `> ${line.text}` })) : lines;
    }
    case 'run': {
      if (event.args.hidden || event.args.confirmation_state === 'rejected') return [];
      const asks = event.args.confirmation_state === 'awaiting_confirmation';
      const isRepeated = !asks && event.cause !== undefined; // it was shown when it asked
      const command = printable(event.args.command);
      return isRepeated ? [] : [...thought(event.args.thought), { text: `$ ${command}`, tone: 'text' }];
    }
    case 'run_ipython':
      return [...thought(event.args.thought), ...text(event.args.code)];
    case 'finish':
      return [...text(event.args.final_thought || event.args.thought), note('The task is done.')];
    case 'think':
      return thought(event.args.thought);
    case 'edit':
    case 'write':
      return thought(event.args.thought); // what came of it follows
    case 'read':
    case 'browse':
    case 'browse_interactive':
    case 'delegate':
    case 'recall':
    case 'call_tool_mcp':
    case 'condensation':
    case 'reject':
      return [note(messageLine(event))];
  }
}

function stateLine(state: string, reason = ''): Line {
  const line = reason === '' ? state : `${state}: ${reason}`;
  const words = line.replaceAll('_', ' ');
  return state === 'error' || state === 'rate_limited' ? problem(words) : note(words);
}

function exitLine(code: number): Line {
  if (code === -1) return problem('did not end');
  return code === 0 ? note('exit code 0') : problem(`exit code ${code}`);
}

function thought(said: string): Line[] {
  return said.trim() === '' ? [] : text(said);
}

function text(content: string, most = MAX_LINES): Line[] {
  const lines = printable(content).trimEnd().split('\n');
  if (lines.length === 1 && lines[0] === '') return [];
  const shown = lines.length > most ? lines.slice(0, most) : lines;
  const rest = lines.length - shown.length;
  return [
    ...shown.map((line): Line => ({ text: line, tone: 'text' })),
    ...(rest === 0 ? [] : [note(`and ${rest} more lines`)]),
  ];
}

function note(line: string): Line {
  return { text: `· ${oneLine(line)}`, tone: 'note' };
}

function problem(line: string): Line {
  return { text: `! ${oneLine(line)}`, tone: 'problem' };
}
