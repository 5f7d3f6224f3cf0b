import { useEffect, useState } from 'react';
import { duration } from '../event-fields.ts';

/** How long something has been under way. */
export function Elapsed({ since }: { readonly since: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const ms = now - Date.parse(since);
  return (
    <span className="card-running">
      <span className="card-pulse" aria-hidden="true" />
      Running{ms > 1_500 ? ` ${duration(Math.floor(ms / 1_000) * 1_000).replace('.0', '')}` : ''}
    </span>
  );
}
