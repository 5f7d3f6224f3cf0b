/**
 * What the list shows of its pages: everything once, without what is hidden. A page more costs what that page costs: a
 * list of 100,000 is not gone through again for each.
 */
import type { ConversationInfo, ConversationPage } from 'convene/client';

export class ShownConversations {
  #pages: readonly ConversationPage[] = [];
  #hidden: ReadonlySet<string> = new Set();
  #seen = new Set<string>();
  #shown: readonly ConversationInfo[] = [];

  /** The same array for the same pages and the same set. */
  of(pages: readonly ConversationPage[], hidden: ReadonlySet<string>): readonly ConversationInfo[] {
    const known = this.#pages;
    const goesOn = hidden === this.#hidden && known.every((page, index) => page === pages[index]);
    if (goesOn && pages.length === known.length) return this.#shown;
    const added = (goesOn ? pages.slice(known.length) : pages).flatMap(({ conversations }) => conversations);
    if (!goesOn) this.#seen = new Set(hidden);
    const fresh = added.filter(({ id }) => !this.#seen.has(id) && this.#seen.add(id));
    this.#shown = goesOn ? this.#shown.concat(fresh) : fresh;
    this.#pages = pages;
    this.#hidden = hidden;
    return this.#shown;
  }
}
