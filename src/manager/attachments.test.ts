import { describe, expect, it } from 'vitest';
import { MemoryRuntimeProvider } from '../runtime/memory-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Attachments } from './attachments.ts';
import type { Conversation } from './conversation.ts';

const WARM_MS = 15_000;

async function begin() {
  const clock = new VirtualClock();
  const provider = new MemoryRuntimeProvider({ clock });
  const errors: unknown[] = [];
  /** Runtimes that are open now. */
  const open = new Set<Runtime>();
  const opened: string[] = [];
  const gates = new Map<string, Promise<void>>();
  const attachments = new Attachments({
    clock,
    warmMs: WARM_MS,
    onError: (error) => errors.push(error),
    async open(sid) {
      opened.push(sid);
      await gates.get(sid);
      if (sid === 'unknown') return null;
      if (sid === 'broken') throw new Error('no disk');
      const inner = await provider.open(sid);
      const runtime: Runtime = {
        workspace: inner.workspace,
        execute: (action, options) => inner.execute(action, options),
        interrupt: () => inner.interrupt(),
        async [Symbol.asyncDispose]() {
          open.delete(runtime);
        },
      };
      open.add(runtime);
      const eventStream: Conversation['eventStream'] = Object.create(null);
      return { sid, userId: '', runtime, eventStream };
    },
  });
  return {
    attachments,
    clock,
    errors,
    gates,
    opened,
    open,
    async attach(sid: string): Promise<Conversation> {
      const conversation = await attachments.attach(sid);
      if (conversation === null) throw new Error(`There is no ${sid}.`);
      return conversation;
    },
  };
}

describe('attaching', () => {
  it('at the same time and later shares one handle', async () => {
    const { attach, opened } = await begin();
    const [one, two] = await Promise.all([attach('a'), attach('a')]);
    expect(two).toBe(one);
    expect(await attach('a')).toBe(one);
    expect(opened).toEqual(['a']);
  });

  it('to one conversation is not delayed by another that takes its time', async () => {
    const { attach, gates } = await begin();
    const slow = Promise.withResolvers<void>();
    gates.set('slow', slow.promise);
    let isOpen = false;
    const waiting = attach('slow').then((conversation) => {
      isOpen = true;
      return conversation;
    });
    expect((await attach('a')).sid).toBe('a');
    expect(isOpen).toBe(false);
    slow.resolve();
    expect((await waiting).sid).toBe('slow');
  });

  it('to what does not exist is null, and asked anew the next time', async () => {
    const { attachments, opened } = await begin();
    expect(await attachments.attach('unknown')).toBeNull();
    expect(await attachments.attach('unknown')).toBeNull();
    expect(opened).toEqual(['unknown', 'unknown']);
  });

  it('that fails fails for all who came, and is tried anew the next time', async () => {
    const { attachments, opened } = await begin();
    const both = await Promise.allSettled([attachments.attach('broken'), attachments.attach('broken')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(attachments.attach('broken')).rejects.toThrow('no disk');
    expect(opened).toEqual(['broken', 'broken']);
  });
});

describe('detaching', () => {
  it('by the last one keeps the handle warm for a while, then disconnects it', async () => {
    const { attach, attachments, clock, open } = await begin();
    const handle = await attach('a');
    await attach('a');
    attachments.detach(handle);
    await clock.advance(WARM_MS * 2);
    expect(open.size).toBe(1);
    attachments.detach(handle);
    await clock.advance(WARM_MS - 1);
    expect(open.size).toBe(1);
    await clock.advance(1);
    expect(open.size).toBe(0);
  });

  it('and coming back in time finds the same handle, which stays', async () => {
    const { attach, attachments, clock, open } = await begin();
    const handle = await attach('a');
    attachments.detach(handle);
    await clock.advance(WARM_MS - 1);
    expect(await attach('a')).toBe(handle);
    await clock.advance(WARM_MS * 2);
    expect(open.size).toBe(1);
  });

  it('and coming back late finds a new one', async () => {
    const { attach, attachments, clock, opened } = await begin();
    const handle = await attach('a');
    attachments.detach(handle);
    await clock.advance(WARM_MS);
    expect(await attach('a')).not.toBe(handle);
    expect(opened).toEqual(['a', 'a']);
  });

  it('more often than one has attached is harmless', async () => {
    const { attach, attachments, clock, open } = await begin();
    const handle = await attach('a');
    attachments.detach(handle);
    attachments.detach(handle);
    const again = await attach('a');
    expect(again).toBe(handle);
    await clock.advance(WARM_MS * 2);
    expect(open.size).toBe(1);
  });

  it('an old handle takes nothing from those who hold the new one', async () => {
    const { attach, attachments, clock, open } = await begin();
    const old = await attach('a');
    attachments.detach(old);
    await clock.advance(WARM_MS);
    const handle = await attach('a');
    attachments.detach(old);
    await clock.advance(WARM_MS * 2);
    expect(open).toEqual(new Set([handle.runtime]));
  });

  it('what was never attached is harmless', async () => {
    const { attach, attachments } = await begin();
    attachments.detach({ ...(await attach('a')) });
  });
});

describe('dropping', () => {
  it('disconnects the handle, whoever holds it', async () => {
    const { attach, attachments, clock, open } = await begin();
    const handle = await attach('a');
    attachments.drop('a');
    await clock.advance(0);
    expect(open.size).toBe(0);
    attachments.detach(handle);
    expect(await attach('a')).not.toBe(handle);
  });

  it('one that is still being opened disconnects it when it is', async () => {
    const { attach, attachments, clock, gates, open } = await begin();
    const slow = Promise.withResolvers<void>();
    gates.set('a', slow.promise);
    const attaching = attach('a');
    attachments.drop('a');
    slow.resolve();
    await attaching;
    await clock.advance(0);
    expect(open.size).toBe(0);
  });

  it('what is not there is harmless', async () => {
    const { attachments } = await begin();
    attachments.drop('a');
  });
});

describe('the end', () => {
  it('disconnects every handle, held or warm, and leaves no timer', async () => {
    const { attach, attachments, clock, errors, open } = await begin();
    await attach('held');
    attachments.detach(await attach('warm'));
    await attachments[Symbol.asyncDispose]();
    expect(open.size).toBe(0);
    await clock.advance(WARM_MS * 2);
    expect(errors).toEqual([]);
  });

  it('waits for what is being opened, and disconnects it', async () => {
    const { attach, attachments, clock, gates, open } = await begin();
    const slow = Promise.withResolvers<void>();
    gates.set('a', slow.promise);
    const attaching = attach('a');
    let isOver = false;
    const ending = attachments[Symbol.asyncDispose]().then(() => {
      isOver = true;
    });
    await clock.advance(0);
    expect(isOver).toBe(false);
    slow.resolve();
    await Promise.all([attaching, ending]);
    expect(open.size).toBe(0);
  });

  it('is not prevented by a runtime that cannot be disconnected, which is reported', async () => {
    const { attach, attachments, errors } = await begin();
    const handle = await attach('a');
    handle.runtime[Symbol.asyncDispose] = () => Promise.reject(new Error('still busy'));
    await attachments[Symbol.asyncDispose]();
    expect(errors).toEqual([new Error('still busy')]);
  });
});
