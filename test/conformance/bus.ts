/** The suite that every `Bus` passes. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus, BusListener, Frame, Hint, Note } from '../../src/cluster/bus.ts';
import { message } from './event-store-fixtures.ts';

export interface BusUnderTest {
  readonly one: Bus;
  /** Another node's end of the same bus; the same one where there is a single process. */
  readonly other: Bus;
  /** Removes what was made. */
  close(): Promise<void>;
}

/** Keeps what it heard. */
export class Recorder implements BusListener {
  readonly hints: Hint[] = [];
  readonly frames: Frame[] = [];

  hint(hint: Hint): void {
    this.hints.push(hint);
  }

  frame(frame: Frame): void {
    this.frames.push(frame);
  }
}

/** For what another node says. */
const soon = { timeout: 8_000, interval: 10 };

/** Listens at `bus`, and resolves when what is published at `from` is heard there. The recorder is empty then. */
export async function listenAt(bus: Bus, from: Bus, sid: string): Promise<Recorder> {
  const recorder = new Recorder();
  bus.listen(sid, recorder);
  await vi.waitFor(() => {
    from.publishFrame(sid, { type: 'title', title: 'Is anybody there?' });
    expect(recorder.frames).not.toEqual([]);
  }, soon);
  // What was asked before comes in its order: after this one there is no more of it.
  from.publishFrame(sid, { type: 'title', title: 'Good.' });
  await vi.waitFor(() => expect(recorder.frames).toContainEqual({ type: 'title', title: 'Good.' }), soon);
  recorder.frames.length = 0;
  return recorder;
}

const frames: readonly Frame[] = [
  { type: 'delta', kind: 'message', text: 'Hel' },
  { type: 'delta', kind: 'output', text: 'ünï \u0000 \ud800', cause: 7 },
  { type: 'status', level: 'error', id: 'STATUS$ERROR', message: 'no' },
  { type: 'title', title: 'A title' },
  { type: 'error', message: 'It failed.' },
];

export function busConformance(name: string, create: () => Promise<BusUnderTest>): void {
  describe(`Bus: ${name}`, () => {
    let under: BusUnderTest;
    let one: Bus;
    let other: Bus;

    beforeEach(async () => {
      under = await create();
      ({ one, other } = under);
    });
    afterEach(() => under.close());

    it('has told every listener of a conversation here when publishing returns, and those of no other', () => {
      const [first, second, elsewhere] = [new Recorder(), new Recorder(), new Recorder()];
      one.listen('a', first);
      one.listen('a', second);
      one.listen('b', elsewhere);
      one.publish({ sid: 'a', id: 3 });
      one.publishFrame('a', frames[0] ?? { type: 'title', title: '' });
      for (const listener of [first, second]) {
        expect(listener.hints).toEqual([{ sid: 'a', id: 3 }]);
        expect(listener.frames).toEqual([frames[0]]);
      }
      expect(elsewhere).toMatchObject({ hints: [], frames: [] });
    });

    it('keeps nothing for those who come later', () => {
      one.publish({ sid: 'a', id: 3 });
      const late = new Recorder();
      one.listen('a', late);
      expect(late.hints).toEqual([]);
    });

    it('tells nothing more to a listener that has left, however often it leaves', () => {
      const [stays, leaves] = [new Recorder(), new Recorder()];
      one.listen('a', stays);
      const leave = one.listen('a', leaves);
      leave();
      leave();
      one.publish({ sid: 'a', id: 0 });
      expect(leaves.hints).toEqual([]);
      expect(stays.hints).toHaveLength(1);
    });

    it('takes a listener again after the last one has left, and its old farewell does not end the new stay', async () => {
      const listener = new Recorder();
      const leave = other.listen('a', listener);
      leave();
      other.listen('a', listener);
      leave();
      other.publish({ sid: 'a', id: 0 });
      expect(listener.hints).toHaveLength(1);
      await vi.waitFor(() => {
        one.publish({ sid: 'a', id: 1 });
        expect(listener.hints).toContainEqual({ sid: 'a', id: 1 });
      }, soon);
    });

    it('goes on while its listeners come and go as they are called', () => {
      const [first, last, newcomer] = [new Recorder(), new Recorder(), new Recorder()];
      const leave = one.listen('a', {
        hint() {
          leave();
          one.listen('a', newcomer);
        },
        frame() {},
      });
      one.listen('a', first);
      one.listen('a', last);
      one.publish({ sid: 'a', id: 0 });
      one.publish({ sid: 'a', id: 1 });
      expect(first.hints.map((hint) => hint.id)).toEqual([0, 1]);
      expect(last.hints.map((hint) => hint.id)).toEqual([0, 1]);
      expect(newcomer.hints.map((hint) => hint.id)).toEqual([1]);
    });

    it('is silent once it is disposed of', async () => {
      const listener = new Recorder();
      one.listen('a', listener);
      await one[Symbol.asyncDispose]();
      one.publish({ sid: 'a', id: 0 });
      expect(listener.hints).toEqual([]);
    });

    it('has told every listener here a note when publishing returns, until it leaves', () => {
      const heard: string[] = [];
      const leave = one.listenToNotes(({ type }) => heard.push(`one ${type}`));
      one.listenToNotes(({ type }) => heard.push(`two ${type}`));
      one.publishNote({ type: 'deleted', sid: 'a' });
      leave();
      one.publishNote({ type: 'let-go', sid: 'one', from: 'a node', to: 'another', due: true });
      expect(heard).toEqual(['one deleted', 'two deleted', 'two let-go']);
    });

    it('tells the other node hints with their events and frames, in order, each once', async () => {
      const heard = await listenAt(other, one, 'a');
      const event = {
        ...message('ünï \u0000 \ud800'),
        id: 4,
        timestamp: '2026-01-15T12:00:00.000Z',
        message: 'ünï \u0000 \ud800',
      };
      const hints: Hint[] = [
        { sid: 'a', id: 3 },
        { sid: 'a', id: 4, events: [event] },
        { sid: 'a', id: 5, events: [] },
      ];
      for (const hint of hints) one.publish(hint);
      for (const frame of frames) one.publishFrame('a', frame);
      await vi.waitFor(() => expect(heard.frames).toHaveLength(frames.length), soon);
      expect(heard.hints).toEqual(hints);
      expect(heard.frames).toEqual(frames);
    });

    it('tells the other node every note', async () => {
      const notes: Note[] = [
        { type: 'deleted', sid: 'a' },
        { type: 'settings', sid: 'b', by: 'somebody' },
      ];
      const heard: Note[] = [];
      other.listenToNotes((note) => heard.push(note));
      await vi.waitFor(() => {
        one.publishNote({ type: 'let-go', sid: 'one', from: 'a node', to: 'another', due: true });
        expect(heard).toContainEqual({
          type: 'let-go',
          sid: 'one',
          from: 'a node',
          to: 'another',
          due: true,
        });
      }, soon);
      for (const note of notes) one.publishNote(note);
      await vi.waitFor(() => expect(heard.slice(-2)).toEqual(notes), soon);
    });
  });
}
