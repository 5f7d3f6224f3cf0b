/** What files held before the last edits, so that those can be taken back. Bounded in number and size. */
const mostEntries = 50;
const mostCharacters = 4 * 1024 * 1024;

interface Entry {
  readonly path: string;
  readonly content: string;
}

export class FileHistory {
  /** Oldest first. */
  #entries: Entry[] = [];
  #characters = 0;

  push(path: string, content: string): void {
    this.#entries.push({ path, content });
    this.#characters += content.length;
    while (this.#entries.length > mostEntries || this.#characters > mostCharacters) {
      this.#characters -= this.#entries.shift()?.content.length ?? 0;
    }
  }

  /** The content before the last edit of `path`, which is forgotten; undefined where none is kept. */
  pop(path: string): string | undefined {
    const at = this.#entries.findLastIndex((entry) => entry.path === path);
    if (at < 0) return undefined;
    const [entry] = this.#entries.splice(at, 1);
    this.#characters -= entry?.content.length ?? 0;
    return entry?.content;
  }
}
