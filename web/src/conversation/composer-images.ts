/** Images that are pasted or dropped into a message, which carries them as data URLs. */

const MAX_BYTES = 5 * 1024 * 1024;
const kinds: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function imagesIn(files: FileList): File[] {
  return [...files].filter(({ type }) => type.startsWith('image/'));
}

/** The image as a data URL. Throws where a model could not take it. */
export async function readImage(file: File): Promise<string> {
  if (!kinds.has(file.type)) throw new Error('only PNG, JPEG, GIF and WebP images can be sent.');
  if (file.size > MAX_BYTES) throw new Error('images of more than 5 MB cannot be sent.');
  return await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('it cannot be read.'));
    reader.readAsDataURL(file);
  });
}
