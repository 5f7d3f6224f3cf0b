import type { StoredEvent } from 'convene/client';
import { Menu } from '../ui/Menu.tsx';
import { useTimelineActions } from './timeline-context.ts';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** When it was, and what can be done from there. */
export function RowTools({ event: { id, timestamp } }: { readonly event: StoredEvent }) {
  const { copyLink, fork, travelTo } = useTimelineActions();
  const at = new Date(timestamp);
  const isDate = !Number.isNaN(at.getTime());
  return (
    <div className="row-tools">
      {isDate ? (
        <time dateTime={timestamp} title={`${whole.format(at)} · event ${id}`}>
          {time.format(at)}
        </time>
      ) : null}
      <Menu
        label={`Event ${id}`}
        items={[
          { label: 'Copy link', onSelect: () => copyLink(id) },
          { label: 'Show as it was here', onSelect: () => travelTo(id) },
          { label: 'Fork from here', icon: 'fork', onSelect: () => fork(id) },
        ]}
      />
    </div>
  );
}
