/** Events as a server sends them. */
import { z } from 'zod';
import type { StoredEvent } from '../../events/event.ts';
import { isStoredBody } from '../../events/stored-body.ts';

const place = z.looseObject({
  id: z.int().nonnegative(),
  timestamp: z.string(),
  source: z.string(),
  message: z.string(),
});

export function isWireEvent(value: unknown): value is StoredEvent {
  return place.safeParse(value).success && isStoredBody(value);
}
