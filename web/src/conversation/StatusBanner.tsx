import { type ReactNode, useEffect, useState } from 'react';
import { classes } from '../ui/classes.ts';
import type { LinkView } from './conversation-session.ts';
import { useOnline } from './use-online.ts';
import './status-banner.css';

interface StatusBannerProps {
  readonly link: LinkView;
  /** How many messages wait to be sent. */
  readonly waiting: number;
  /** Something else to say while all is well. */
  readonly children?: ReactNode;
}

/** A short break is no news. */
const QUIET_MS = 700;

/** What is happening with the connection, while it is not there. */
export function StatusBanner({ children, link, waiting }: StatusBannerProps) {
  const isOnline = useOnline();
  const seconds = useSeconds('since' in link ? link.since : null);
  const said = wordsOf(link, isOnline, seconds, waiting);
  return (
    <div className="banner-place" role="status">
      {said === null ? (
        children
      ) : (
        <div className={classes('banner', `banner-${said.tone}`)}>
          {said.tone === 'wait' ? <span className="banner-spinner" aria-hidden="true" /> : null}
          <span>{said.text}</span>
        </div>
      )}
    </div>
  );
}

interface Said {
  readonly text: string;
  readonly tone: 'wait' | 'bad';
}

function wordsOf(link: LinkView, isOnline: boolean, seconds: number | null, waiting: number): Said | null {
  const kept =
    waiting === 0 ? '' : waiting === 1 ? ' Your message is kept.' : ` Your ${waiting} messages are kept.`;
  switch (link.kind) {
    case 'live':
      return null;
    case 'connecting':
    case 'reconnecting': {
      if (seconds === null) return null;
      const since = seconds < 2 ? '' : ` for ${seconds} s`;
      if (!isOnline) return { text: `You are offline${since}.${kept}`, tone: 'wait' };
      const what = link.kind === 'connecting' ? 'Connecting' : 'Connection lost. Reconnecting';
      return { text: `${what}${since}…${kept}`, tone: 'wait' };
    }
    case 'catching-up': {
      const events = link.missing === 1 ? '1 event' : `${link.missing.toLocaleString()} events`;
      return { text: `Catching up: ${events} to go.`, tone: 'wait' };
    }
    case 'gone':
      return { text: 'This conversation is not there. It may have been deleted.', tone: 'bad' };
    case 'refused':
      return { text: link.problem, tone: 'bad' };
  }
}

/** Whole seconds since a time; null in the first moment. */
function useSeconds(since: number | null): number | null {
  const [now, setNow] = useState(since ?? 0);
  useEffect(() => {
    if (since === null) return;
    const tick = (): void => setNow(Date.now());
    const first = setTimeout(tick, QUIET_MS);
    const timer = setInterval(tick, 1_000);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [since]);
  if (since === null || now - since < QUIET_MS) return null;
  return Math.floor((now - since) / 1_000);
}
