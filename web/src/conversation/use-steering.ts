import { useMemo, useState } from 'react';
import { showError } from '../ui/toasts.ts';
import type { ConversationSession } from './conversation-session.ts';
import type { Steer } from './SteeringBar.tsx';

/** Orders to the agent, one at a time. */
export function useSteering(session: ConversationSession): readonly [steer: Steer, isBusy: boolean] {
  const [isBusy, setBusy] = useState(false);
  const steer = useMemo((): Steer => {
    const order = (what: string, run: () => Promise<void>): void => {
      setBusy(true);
      run()
        .catch((error: unknown) => showError(what, error))
        .finally(() => setBusy(false));
    };
    return {
      pause: () => order('Could not pause', () => session.steer('paused')),
      resume: () => order('Could not resume', () => session.steer('running')),
      stop: () => order('Could not stop', () => session.steer('stopped')),
      answer: (isYes, pending) =>
        order(isYes ? 'Could not confirm' : 'Could not reject', () => session.answer(isYes, pending)),
    };
  }, [session]);
  return [steer, isBusy];
}
