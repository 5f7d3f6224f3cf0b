/**
 * What must hold when a schedule has come to rest: I1 to I8 over the log and over what every client saw.
 */
import type { AgentState } from '../../src/events/agent-state.ts';
import { canFollow } from '../../src/events/agent-state.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { type History, letsGoOn } from './history.ts';
import type { SimClient } from './sim-client.ts';

export function checkAtRest(
  history: History,
  clients: readonly SimClient[],
  confirmationMode: boolean,
): void {
  for (const sid of history.sids) {
    const log = history.log(sid);
    checkIds(history, sid, log);
    checkAnswers(history, sid, log);
    checkHalts(history, sid, log);
    checkStates(history, sid, log);
    checkKnowledge(history, sid, log);
    checkProgress(history, sid, log, confirmationMode);
  }
  checkAcknowledged(history);
  for (const client of clients) checkClient(history, client);
}

function checkIds(history: History, sid: string, log: readonly StoredEvent[]): void {
  for (const [index, event] of log.entries()) {
    if (event.id !== index) {
      history.violation('I1', `${sid}: event ${event.id} stands at place ${index}`);
      return;
    }
    if (history.stored.get(`${sid}/${index}`) !== JSON.stringify(event)) {
      history.violation('I1', `${sid}: event ${index} has changed`);
    }
  }
  const head = history.core.conversation(sid)?.head;
  if (head !== log.length - 1)
    history.violation('I1', `${sid}: the head is ${head}, the log has ${log.length} events`);
}

/** Every action that was begun, or that a user asked for, has exactly one observation; messages are stored once. */
function checkAnswers(history: History, sid: string, log: readonly StoredEvent[]): void {
  const observations = new Map<number, number>();
  const contents = new Map<string, number>();
  for (const event of log) {
    if ('observation' in event) {
      if (event.observation !== 'agent_state_changed' && event.cause !== undefined) {
        observations.set(event.cause, (observations.get(event.cause) ?? 0) + 1);
      }
    } else if (event.action === 'message' && event.source === 'user') {
      contents.set(event.args.content, (contents.get(event.args.content) ?? 0) + 1);
    }
  }
  for (const [content, times] of contents) {
    if (times > 1) history.violation('I4', `${sid}: ${content} is stored ${times} times`);
  }
  const record = history.core.conversation(sid);
  for (const event of log) {
    if (!('action' in event) || event.action !== 'run') continue;
    const held = event.args.confirmation_state === 'awaiting_confirmation';
    const answers = observations.get(event.id) ?? 0;
    const waits = record?.desired === 'waiting'; // for a place under the limit
    if (answers !== (held ? 0 : 1) && !(waits && answers === 0)) {
      history.violation('answers', `${sid}: ${event.args.command} (${event.id}) has ${answers} observations`);
    }
  }
}

/** After a pause or a stop the agent begins nothing until a user lets it go on. */
function checkHalts(history: History, sid: string, log: readonly StoredEvent[]): void {
  let halted: number | null = null;
  for (const event of log) {
    if (letsGoOn(event)) halted = null;
    else if ('action' in event && event.action === 'change_agent_state' && event.source !== 'agent') {
      // Not the manager's request to start, which comes under the same name.
      if (event.args.agent_state === 'paused' || event.args.agent_state === 'stopped') halted = event.id;
    } else if (halted !== null && 'action' in event && event.source === 'agent') {
      const rejected = event.action === 'run' && event.args.confirmation_state === 'rejected';
      if (!rejected)
        history.violation('I7', `${sid}: the agent acted (${event.id}) after the halt ${halted}`);
    }
  }
}

function checkStates(history: History, sid: string, log: readonly StoredEvent[]): void {
  let state: AgentState = 'loading';
  for (const event of log) {
    if (!('observation' in event) || event.observation !== 'agent_state_changed') continue;
    const next = event.extras.agent_state;
    if (next !== state && !canFollow(state, next))
      history.violation('states', `${sid}: ${next} (${event.id}) after ${state}`);
    state = next;
  }
  const record = history.core.conversation(sid);
  if (record?.agentState !== state)
    history.violation('states', `${sid}: ${record?.agentState} is recorded, ${state} logged`);
}

/** No action of the agent overlooks a message that stands before it. */
function checkKnowledge(history: History, sid: string, log: readonly StoredEvent[]): void {
  let newest = -1;
  for (const event of log) {
    if (!('action' in event)) continue;
    if (event.source === 'user' && event.action === 'message') newest = event.id;
    if (event.source !== 'agent' || event.cause !== undefined) continue;
    const said =
      event.action === 'run' ? event.args.thought : event.action === 'message' ? event.args.content : '';
    if (said !== `knows:${newest}`) {
      history.violation(
        'behind',
        `${sid}: action ${event.id} says ${said}, but message ${newest} stood before it`,
      );
    }
  }
}

/** What should run has nothing left to do; what should not has stopped. */
function checkProgress(
  history: History,
  sid: string,
  log: readonly StoredEvent[],
  confirmationMode: boolean,
): void {
  const record = history.core.conversation(sid);
  if (record === null) {
    history.violation('I5', `${sid} is gone`);
    return;
  }
  const place = `${sid} (${record.desired}, ${record.agentState}, due ${record.due}, head ${record.head})`;
  // What an owner that died left in one that waits for a place is answered when it runs.
  if (record.executing !== null && record.desired !== 'waiting')
    history.violation('I5', `${place}: ${record.executing} is left under way`);
  if (record.desired === 'waiting') {
    const free = history.limit === null || history.core.running('', 1000).length < history.limit;
    if (free) history.violation('I5', `${place} waits for a place though there is one`);
    return;
  }
  if (record.desired === 'stopped') {
    if (record.agentState !== 'stopped') history.violation('I5', `${place} was closed and did not stop`);
    if (record.due) history.violation('I5', `${place} has something left to do`);
    return;
  }
  if (record.due) history.violation('I5', `${place} has something left to do`);
  const resting = ['awaiting_user_input', 'paused', 'stopped', 'error'];
  if (confirmationMode) resting.push('awaiting_user_confirmation');
  if (!resting.includes(record.agentState)) history.violation('I5', `${place} does not rest`);
  const lastMessage = log.findLast(
    (event) => 'action' in event && event.action === 'message' && event.source === 'user',
  );
  if (record.agentState !== 'awaiting_user_input' || lastMessage === undefined) return;
  // A stop after the message ends what it asked for.
  const answered = log.some(
    (event) =>
      event.id > lastMessage.id &&
      ('action' in event
        ? event.source === 'agent'
        : event.observation === 'agent_state_changed' && event.extras.agent_state === 'stopped'),
  );
  if (!answered) history.violation('I5', `${place}: message ${lastMessage.id} was never answered`);
}

function checkAcknowledged(history: History): void {
  const ids = new Map<string, number>();
  for (const { sid, id, actionId } of history.acknowledged) {
    const content = history.stored.get(`${sid}/${id}`);
    if (content === undefined)
      history.violation('I1', `${sid}: event ${id} was acknowledged and is not there`);
    else if (!content.includes(actionId)) history.violation('I1', `${sid}: event ${id} is not ${actionId}`);
    const before = ids.get(actionId);
    if (before !== undefined && before !== id)
      history.violation('I4', `${actionId} is stored as ${before} and as ${id}`);
    ids.set(actionId, id);
  }
}

/** A client saw every event after its cursor once, in order, as stored. */
function checkClient(history: History, client: SimClient): void {
  if (client.sid === null) return;
  for (const run of client.runs) {
    let expected = run.from + 1;
    for (const event of run.events) {
      if (event.id !== expected) {
        history.violation('I3', `${client.name} got ${event.id} where ${expected} comes next`);
        break;
      }
      if (history.stored.get(`${client.sid}/${event.id}`) !== JSON.stringify(event)) {
        history.violation('I3', `${client.name} got another event ${event.id} than is stored`);
      }
      expected += 1;
    }
  }
  const head = history.core.conversation(client.sid)?.head ?? -1;
  if (client.joined && client.cursor !== head) {
    history.violation('I3', `${client.name} rests at ${client.cursor}, the head is ${head}`);
  }
}
