/**
 * Handles for request-scoped use. One for each conversation, shared by whoever is attached; the last one to leave
 * keeps it warm for a while.
 *
 *   absent ──attach──▶ opening ──▶ held (references > 0) ⇄ warm (references = 0) ──▶ absent
 */
import type { Cancel, Clock } from '../clock.ts';
import type { Conversation } from './conversation.ts';

interface Attachment {
  readonly opening: Promise<Conversation | null>;
  references: number;
  cancelWarm: Cancel | null;
}

export interface AttachmentsOptions {
  readonly clock: Clock;
  /** @default 15000 */
  readonly warmMs?: number;
  readonly open: (sid: string) => Promise<Conversation | null>;
  readonly onError: (error: unknown, what: string) => void;
}

export class Attachments {
  readonly #options: AttachmentsOptions;
  readonly #bySid = new Map<string, Attachment>();
  /** The attachment that each open handle belongs to. */
  readonly #owners = new WeakMap<Conversation, Attachment>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  async attach(sid: string): Promise<Conversation | null> {
    let attachment = this.#bySid.get(sid);
    if (attachment === undefined) {
      attachment = { opening: this.#options.open(sid), references: 0, cancelWarm: null };
      this.#bySid.set(sid, attachment);
    }
    const mine = attachment;
    mine.references += 1;
    mine.cancelWarm?.();
    mine.cancelWarm = null;
    try {
      const conversation = await mine.opening;
      if (conversation === null) this.#forget(sid, mine);
      else this.#owners.set(conversation, mine);
      return conversation;
    } catch (error) {
      this.#forget(sid, mine);
      throw error;
    }
  }

  /** Gives one reference back; harmless where there is none to give back. */
  detach(conversation: Conversation): void {
    const attachment = this.#owners.get(conversation);
    if (attachment === undefined || attachment.references === 0) return;
    attachment.references -= 1;
    if (attachment.references > 0 || this.#bySid.get(conversation.sid) !== attachment) return;
    attachment.cancelWarm = this.#options.clock.after(this.#options.warmMs ?? 15_000, () => {
      this.drop(conversation.sid);
    });
  }

  /** Disconnects a conversation's handle, whoever holds it. */
  drop(sid: string): void {
    const attachment = this.#bySid.get(sid);
    if (attachment === undefined) return;
    this.#forget(sid, attachment);
    const closing: Promise<void> = attachment.opening
      .then((conversation) => conversation?.runtime[Symbol.asyncDispose]())
      .catch((error: unknown) => this.#options.onError(error, `handle of ${sid}`))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sid of [...this.#bySid.keys()]) this.drop(sid);
    await Promise.all(this.#closing);
  }

  #forget(sid: string, attachment: Attachment): void {
    attachment.cancelWarm?.();
    attachment.cancelWarm = null;
    if (this.#bySid.get(sid) === attachment) this.#bySid.delete(sid);
  }
}
