import { useSyncExternalStore } from 'react';
import { Button, IconButton } from './Button.tsx';
import { classes } from './classes.ts';
import { toasts } from './toasts.ts';
import './toast-list.css';

export function ToastList() {
  const shown = useSyncExternalStore(toasts.subscribe, toasts.shown);
  return (
    <section className="toast-list" aria-label="Messages" aria-live="polite">
      {shown.map(({ action, id, text, tone = 'plain' }) => (
        <div key={id} className={classes('toast', tone === 'error' && 'toast-error')}>
          <span className="toast-text">{text}</span>
          {action === undefined ? null : (
            <Button look="quiet" onClick={() => toasts.act(id)}>
              {action.label}
            </Button>
          )}
          <IconButton icon="close" label="Dismiss" onClick={() => toasts.end(id)} />
        </div>
      ))}
    </section>
  );
}
