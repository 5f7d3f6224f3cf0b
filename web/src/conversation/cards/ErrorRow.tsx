import type { StoredEvent } from 'convene/client';
import { Link } from 'wouter';
import { routes } from '../../app/routes.ts';
import { contentOf, textField } from '../event-fields.ts';
import { Text } from '../Text.tsx';
import { Glyph } from './Glyph.tsx';

const ofSettings = /AUTHENTICATION|QUOTA|SETTINGS|SERVICE_UNAVAILABLE/;

/** What went wrong, and what to do about it. */
export function ErrorRow({ event }: { readonly event: StoredEvent }) {
  const code = textField(event, 'error_id');
  return (
    <div className="problem" role="note">
      <Glyph name="error" />
      <div className="problem-text">
        <Text text={contentOf(event) || event.message || 'Something went wrong.'} />
        {ofSettings.test(code) ? (
          <>
            {' '}
            <Link href={routes.settings}>Open the settings</Link>
          </>
        ) : null}
        {code === '' ? null : <span className="problem-code">{code}</span>}
      </div>
    </div>
  );
}
