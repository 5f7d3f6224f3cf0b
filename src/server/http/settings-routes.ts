/** `/api/settings`: what a user has stored, without its secrets. */
import { ConveneError, isError } from '../../errors.ts';
import { maskSettings, mergeSettings, postedSettingsSchema } from '../../store/settings.ts';
import { userOf } from '../user.ts';
import { wireError } from '../wire-error.ts';
import type { HttpApp, HttpParts } from './http-app.ts';

/** How long a model may take for a word, with all attempts. */
const TRY_MS = 30_000;

export function settingsRoutes(app: HttpApp, { clock, manager, settings }: HttpParts): void {
  app.get('/api/settings', async (request, reply) => {
    const stored = await settings.load(userOf(request.raw));
    return stored === null ? reply.code(404).send({ error: 'Settings not found' }) : maskSettings(stored);
  });

  app.post('/api/settings', { schema: { body: postedSettingsSchema } }, async ({ body, raw }) => {
    const userId = userOf(raw);
    await settings.save(userId, mergeSettings(await settings.load(userId), body));
    return { message: 'Settings stored' };
  });

  /** Asks the model that would be asked if these settings were stored. That it does not answer is an answer. */
  app.post('/api/settings/test', { schema: { body: postedSettingsSchema } }, async ({ body, raw }) => {
    const tried = mergeSettings(await settings.load(userOf(raw)), body);
    const startedAt = clock.now();
    const timeout = AbortSignal.timeout(TRY_MS);
    try {
      await manager.tryLlm(tried, timeout);
    } catch (error) {
      if (timeout.aborted) return { ok: false, error: wireError(silence()) };
      if (!isError(error, 'llm_failed') && !isError(error, 'settings_not_found')) throw error;
      return { ok: false, error: wireError(error) };
    }
    return { ok: true, duration_ms: clock.now() - startedAt };
  });
}

function silence(): ConveneError {
  const message = `The model did not answer within ${TRY_MS / 1_000} seconds.`;
  return new ConveneError('llm_failed', message, { details: { reason: 'timeout' } });
}
