/** Where the web app is (`web/` in the sources). */
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** The web app as it was built, of the package or beside the sources; null where it was not. */
export async function builtWebApp(): Promise<string | null> {
  for (const place of ['../../web', '../../../dist/web']) {
    const folder = join(import.meta.dirname, place);
    try {
      await access(join(folder, 'index.html'));
      return folder;
    } catch {
      // the next place
    }
  }
  return null;
}
