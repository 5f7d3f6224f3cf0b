/** Files with changes that are not saved, while their conversation is not on the page. They last as long as the page. */
import { isDirty, type OpenFile } from './open-file.ts';

export type OpenFiles = ReadonlyMap<string, OpenFile>;

const kept = new Map<string, OpenFiles>();

export function unsavedOf(conversationId: string): OpenFiles {
  return kept.get(conversationId) ?? new Map();
}

/** Of these, those that are not saved. */
export function keepUnsaved(conversationId: string, files: OpenFiles): void {
  const unsaved = [...files].filter(([, file]) => isDirty(file));
  if (unsaved.length === 0) kept.delete(conversationId);
  else kept.set(conversationId, new Map(unsaved.map(([path, file]) => [path, { ...file, isSaving: false }])));
}
