/**
 * An OpenHands state folder (release 0.27):
 *
 *   sessions/{sid}/metadata.json      what is known of a conversation
 *   sessions/{sid}/events/{id}.json   its events, from 0
 *   sessions/{sid}/init.json, agent_state.pkl, …   what only OpenHands itself can use
 */
import { open, opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConveneError } from '../../errors.ts';

/** A longer gap was not left by a server that lost files: what comes behind it is reported as stray. */
const MAX_GAP = 10_000;

/** A longer file is not read. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

const sidPattern = /^[A-Za-z0-9_-]{1,64}$/;
const eventPattern = /^(0|[1-9]\d{0,14})\.json$/;

/** What OpenHands keeps beside the events. */
const ownFiles = new Set(['metadata.json', 'init.json', 'agent_state.pkl', 'events', 'event_cache']);

export interface FoundConversations {
  readonly folder: string;
  readonly sids: readonly string[];
  /** Paths of what is no conversation. */
  readonly strays: readonly string[];
}

/** The folder itself, or the one that holds `sessions`. Throws `invalid_request` where there is no such folder. */
export async function findConversations(stateFolder: string): Promise<FoundConversations> {
  const folder = await sessionsIn(stateFolder);
  const sids: string[] = [];
  const strays: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (entry.isDirectory() && sidPattern.test(entry.name)) sids.push(entry.name);
    else if (!entry.name.startsWith('.')) strays.push(path.join(folder, entry.name));
  }
  return { folder, sids: sids.toSorted(), strays: strays.toSorted() };
}

async function sessionsIn(stateFolder: string): Promise<string> {
  const inside = path.join(stateFolder, 'sessions');
  if (await isFolder(inside)) return inside;
  if (path.basename(stateFolder) === 'sessions' && (await isFolder(stateFolder))) return stateFolder;
  const message = `There is no folder \`sessions\` in ${stateFolder}. Name OpenHands's state folder, such as ~/.openhands-state.`;
  throw new ConveneError('invalid_request', message, { details: { folder: stateFolder } });
}

async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false; // whoever needs it says so
  }
}

export interface EventFiles {
  /** Ids of which there is a file. */
  readonly ids: ReadonlySet<number>;
  /** The highest of them; -1 for none. */
  readonly last: number;
  /** Paths of what is neither an event nor anything else of OpenHands's. */
  readonly strays: readonly string[];
}

/** What there is of one conversation's events. 8 bytes an event are kept of it, or a few more. */
export async function findEvents(conversation: string): Promise<EventFiles> {
  const strays = await strayFiles(conversation, (name) => ownFiles.has(name));
  const ids = new Set<number>();
  const events = path.join(conversation, 'events');
  if (await isFolder(events)) {
    const others = await strayFiles(events, (name, isDirectory) => {
      const id = eventPattern.exec(name)?.[1];
      if (id === undefined || isDirectory) return false;
      ids.add(Number(id));
      return true;
    });
    strays.push(...others);
  }
  let last = -1;
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (id - last > MAX_GAP) {
      ids.delete(id);
      strays.push(path.join(events, `${id}.json`));
    } else {
      last = id;
    }
  }
  return { ids, last, strays };
}

async function strayFiles(
  folder: string,
  isOurs: (name: string, isDirectory: boolean) => boolean,
): Promise<string[]> {
  const strays: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (!isOurs(entry.name, entry.isDirectory())) strays.push(path.join(folder, entry.name));
  }
  return strays.toSorted();
}

/** The text of a file; null where there is none. Throws where it can't be read, or is too long. */
export async function readText(file: string): Promise<string | null> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES) throw new Error(`it is too long: ${size} bytes`);
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
