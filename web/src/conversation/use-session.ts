import { actionId } from 'convene/client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { client } from '../data/client.ts';
import { ConversationSession, type SessionView } from './conversation-session.ts';
import { withNextFrame } from './frame-schedule.ts';

/** The page's part in a conversation, for as long as the component is there. */
export function useSession(id: string): readonly [ConversationSession, SessionView] {
  const [session] = useState(
    () =>
      new ConversationSession({
        client,
        id,
        storage: window.localStorage,
        newActionId: actionId,
        now: () => Date.now(),
        schedule: withNextFrame,
      }),
  );
  useEffect(() => session.start(), [session]);
  const view = useSyncExternalStore(session.subscribe, session.view);
  return [session, view];
}
