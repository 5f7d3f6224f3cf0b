/** What the workspace needs of a conversation that is open: events as they come, output as it is printed, and a say. */
import type { Delta, StoredEvent } from 'convene/client';
import { useEffect, useState } from 'react';
import { client } from '../data/client.ts';

export interface ConversationLive {
  /** Every event that comes from now on, once and in order, until the answer is called. */
  onEvent(listener: (event: StoredEvent) => void): () => void;
  onDelta(listener: (delta: Delta) => void): () => void;
  /** Carries out a command of the person's own. Resolves once it is stored. */
  run(command: string): Promise<unknown>;
}

/** A connection of the workspace's own, for a page that has none; null until there is one. */
export function useOwnLive(conversationId: string, isWanted: boolean): ConversationLive | null {
  const [live, setLive] = useState<ConversationLive | null>(null);
  useEffect(() => {
    if (!isWanted) return;
    const leaving = new AbortController();
    follow(conversationId, leaving.signal, setLive).catch((error: unknown) => {
      if (!leaving.signal.aborted) console.error(error);
    });
    return () => {
      leaving.abort();
      setLive(null);
    };
  }, [conversationId, isWanted]);
  return live;
}

async function follow(
  id: string,
  signal: AbortSignal,
  onLive: (live: ConversationLive) => void,
): Promise<void> {
  const { events } = await client.events(id, { reverse: true, limit: 1, signal });
  await using conversation = await client.join(id, { after: events[0]?.id ?? -1, signal });
  const listeners = new Set<(event: StoredEvent) => void>();
  onLive({
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onDelta: (listener) => conversation.on('delta', listener),
    run: (command) => conversation.run(command),
  });
  for await (const event of conversation.events({ signal })) {
    for (const listener of listeners) listener(event);
  }
}
