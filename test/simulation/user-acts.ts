/** What a simulated user does at a step, the same for one node and for several. */
import { ConveneError } from '../../src/errors.ts';
import type { History } from './history.ts';
import type { ClientAction, SimClient, SimServer } from './sim-client.ts';

export const userOperations = [
  'message',
  'pause',
  'resume',
  'stop',
  'run',
  'answer',
  'close',
  'start',
  'leave',
  'join',
] as const;

export interface UserStep {
  readonly do: (typeof userOperations)[number];
  readonly pick: number;
}

export const userWeights: Record<(typeof userOperations)[number], number> = {
  message: 8,
  pause: 3,
  resume: 3,
  stop: 2,
  run: 3,
  answer: 3,
  close: 2,
  start: 2,
  leave: 2,
  join: 4,
};

const PLANS = ['r', 'rr', 's', 'rsr', 'dr', 'drdr', 'ss', 'rdrs', ''];

export interface UserWorld {
  /** The conversation that this step is about, unless the client has joined another one. */
  readonly sid: string;
  readonly client: SimClient;
  /** Where the client reaches the cluster. */
  readonly server: SimServer | null;
  readonly close: (server: SimServer, sid: string) => Promise<void>;
  readonly actionId: string;
}

export async function act(
  step: UserStep,
  { actionId, client, close, server, sid }: UserWorld,
): Promise<void> {
  const { pick } = step;
  const change = (agent_state: string, more: Record<string, unknown> = {}): Promise<void> =>
    client.send(actionId, {
      action: 'change_agent_state',
      args: { agent_state, thought: actionId, ...more },
    } satisfies ClientAction);
  switch (step.do) {
    case 'message': {
      const content = `${PLANS[pick % PLANS.length]}#${actionId}`;
      if (client.sid !== null) return client.send(actionId, { action: 'message', args: { content } });
      return create(server, sid, content, actionId, client);
    }
    case 'start':
      return create(server, sid, pick % 2 === 0 ? `r#${actionId}` : null, actionId, client);
    case 'pause':
      return change('paused');
    case 'resume':
      return change('running');
    case 'stop':
      return change('stopped');
    case 'run':
      return client.send(actionId, { action: 'run', args: { command: `${client.sid}/user/${actionId}` } });
    case 'answer': {
      const named = client.pending === null || pick > 90 ? {} : { action_id: client.pending };
      return change(pick % 2 === 0 ? 'user_confirmed' : 'user_rejected', named);
    }
    case 'close':
      if (server !== null) await close(server, sid);
      return;
    case 'leave':
      return client.leave();
    case 'join':
      return client.join(client.sid ?? sid);
  }
}

/** Two callers at once, as browsers do: one loop, and the message stored once. */
async function create(
  server: SimServer | null,
  sid: string,
  content: string | null,
  actionId: string,
  client: SimClient,
): Promise<void> {
  if (server === null) return;
  const { manager } = server;
  const message = content === null ? undefined : { content, actionId };
  const results = await Promise.allSettled([
    manager.maybeStartAgentLoop(sid, null, '', message),
    manager.maybeStartAgentLoop(sid, null, '', message),
  ]);
  await client.join(client.sid ?? sid);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

const PASSING = ['store_unavailable', 'outcome_unknown', 'draining', 'conversation_not_found'];

/** What a step does is not waited for; its failure is one of the schedule. */
export function begin(history: History, task: () => Promise<void>): void {
  task().catch((error: unknown) => {
    if (!(error instanceof ConveneError) || !PASSING.includes(error.code)) {
      history.violation('errors', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  });
}
