/** The human line of an event: what a list shows of it, and what the envelope's `message` says. */
import type { Action } from './actions.ts';
import { type EventBody, isAction } from './event.ts';
import { isKnownAction, isKnownObservation } from './kinds.ts';
import type { Observation } from './observations.ts';

/** A message's line is its whole content; every other line names what happened and what to. */
export function messageLine(body: EventBody): string {
  if (isKnownAction(body)) return actionLine(body);
  if (isKnownObservation(body)) return observationLine(body);
  return isAction(body) ? `Action: ${body.action}` : `Observation: ${body.observation}`;
}

function actionLine({ action, args }: Action): string {
  switch (action) {
    case 'message':
      return args.content;
    case 'run':
      return args.is_input ? `Sending input: ${args.command}` : `Running command: ${args.command}`;
    case 'run_ipython':
      return `Running Python: ${args.code}`;
    case 'read':
      return `Reading ${args.path}`;
    case 'write':
      return `Writing ${args.path}`;
    case 'edit':
      return args.command === 'view' ? `Viewing ${args.path}` : `Editing ${args.path}`;
    case 'browse':
      return `Opening ${args.url}`;
    case 'browse_interactive':
      return `In the browser: ${args.browser_actions}`;
    case 'think':
      return withDetail('Thinking', args.thought);
    case 'finish':
      return args.final_thought || args.thought || 'The task is done.';
    case 'reject':
      return withDetail('The task was declined', args.thought);
    case 'delegate':
      return `Handing over to ${args.agent}`;
    case 'change_agent_state':
      return `Asking for the state ${args.agent_state}`;
    case 'recall':
      return withDetail('Recalling', args.query);
    case 'call_tool_mcp':
      return `Calling the tool ${args.name}`;
    case 'condensation':
      return withDetail('Shortening the history', args.summary ?? '');
    case 'null':
      return '';
  }
}

function observationLine({ observation, content, extras }: Observation): string {
  switch (observation) {
    case 'run':
      return extras.metadata.exit_code === -1
        ? `Did not end: ${extras.command}`
        : `Exit code ${extras.metadata.exit_code}: ${extras.command}`;
    case 'run_ipython':
      return 'Ran Python';
    case 'read':
      return `Read ${extras.path}`;
    case 'write':
      return `Wrote ${extras.path}`;
    case 'edit':
      return extras.prev_exist ? `Edited ${extras.path}` : `Created ${extras.path}`;
    case 'browse':
      return extras.error ? `Could not open ${extras.url}` : `Opened ${extras.url}`;
    case 'agent_state_changed':
      return withDetail(`The agent is now ${extras.agent_state}`, extras.reason ?? '');
    case 'delegate':
      return withDetail('Handed back', content);
    case 'mcp':
      return withDetail('Tool answered', extras.name);
    case 'recall':
      return 'Recalled';
    case 'think':
      return 'Thought noted';
    case 'condense':
      return 'Shortened the history';
    case 'error':
    case 'user_rejected':
    case 'success':
      return content;
    case 'null':
      return '';
  }
}

function withDetail(line: string, detail: string): string {
  return detail === '' ? line : `${line}: ${detail}`;
}
