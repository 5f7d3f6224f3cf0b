/** `/api/settings`: what a user has stored, without its secrets. */
import { maskSettings, mergeSettings, postedSettingsSchema } from '../../store/settings.ts';
import { userOf } from '../user.ts';
import type { HttpApp, HttpParts } from './http-app.ts';

export function settingsRoutes(app: HttpApp, { settings }: HttpParts): void {
  app.get('/api/settings', async (request, reply) => {
    const stored = await settings.load(userOf(request.raw));
    return stored === null ? reply.code(404).send({ error: 'Settings not found' }) : maskSettings(stored);
  });

  app.post('/api/settings', { schema: { body: postedSettingsSchema } }, async ({ body, raw }) => {
    const userId = userOf(raw);
    await settings.save(userId, mergeSettings(await settings.load(userId), body));
    return { message: 'Settings stored' };
  });
}
