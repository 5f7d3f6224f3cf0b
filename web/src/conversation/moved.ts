/** Whether another node has taken a conversation over. */
import type { ClusterView, TakeoverView } from 'convene/client';

/** Clocks of browsers and servers differ. */
const SLACK_MS = 30_000;

/** The newest time that it was taken over since `since` (ms since 1970); null where it was not. */
export function takeoverSince(
  { takeovers }: Pick<ClusterView, 'takeovers'>,
  conversation: string,
  since: number,
): TakeoverView | null {
  return (
    takeovers.find(
      (takeover) => takeover.conversation === conversation && Date.parse(takeover.at) >= since - SLACK_MS,
    ) ?? null
  );
}
