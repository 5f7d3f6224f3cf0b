import type { StoredEvent } from 'convene/client';
import { useTimelineActions } from './timeline-context.ts';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** When it was, and the way to what can be done from there. Each row has it, so it is no more than two elements. */
export function RowTools({ event: { id, timestamp } }: { readonly event: StoredEvent }) {
  const { openMenu } = useTimelineActions();
  const at = Date.parse(timestamp);
  return (
    <div className="row-tools">
      {Number.isNaN(at) ? null : <time dateTime={timestamp}>{time.format(at)}</time>}
      <button
        type="button"
        className="row-more"
        aria-label={`Event ${id}: more`}
        aria-haspopup="menu"
        onClick={(event) => openMenu(id, event.currentTarget)}
      />
    </div>
  );
}
