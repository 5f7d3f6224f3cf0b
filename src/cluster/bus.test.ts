import { beforeEach, describe, expect, it } from 'vitest';
import { type BusListener, type Frame, type Hint, LocalBus } from './bus.ts';

/** Keeps what it heard. */
class Recorder implements BusListener {
  readonly hints: Hint[] = [];
  readonly frames: Frame[] = [];

  hint(hint: Hint): void {
    this.hints.push(hint);
  }

  frame(frame: Frame): void {
    this.frames.push(frame);
  }
}

const frame: Frame = { type: 'delta', kind: 'message', text: 'Hel' };

describe('the bus of a single process', () => {
  let bus: LocalBus;

  beforeEach(() => {
    bus = new LocalBus();
  });

  it('has told every listener of a conversation when publishing returns, and those of no other', () => {
    const [one, two, other] = [new Recorder(), new Recorder(), new Recorder()];
    bus.listen('a', one);
    bus.listen('a', two);
    bus.listen('b', other);
    bus.publish({ sid: 'a', id: 3 });
    bus.publishFrame('a', frame);
    for (const listener of [one, two]) {
      expect(listener.hints).toEqual([{ sid: 'a', id: 3 }]);
      expect(listener.frames).toEqual([frame]);
    }
    expect(other).toMatchObject({ hints: [], frames: [] });
  });

  it('keeps nothing for those who come later', () => {
    bus.publish({ sid: 'a', id: 3 });
    const late = new Recorder();
    bus.listen('a', late);
    expect(late.hints).toEqual([]);
  });

  it('tells nothing more to a listener that has left, however often it leaves', () => {
    const [stays, leaves] = [new Recorder(), new Recorder()];
    bus.listen('a', stays);
    const leave = bus.listen('a', leaves);
    leave();
    leave();
    bus.publish({ sid: 'a', id: 0 });
    expect(leaves.hints).toEqual([]);
    expect(stays.hints).toHaveLength(1);
  });

  it('takes a listener again after the last one has left, and its old farewell does not end the new stay', () => {
    const listener = new Recorder();
    const leave = bus.listen('a', listener);
    leave();
    bus.listen('a', listener);
    leave();
    bus.publish({ sid: 'a', id: 0 });
    expect(listener.hints).toHaveLength(1);
  });

  it('goes on while its listeners come and go as they are called', () => {
    const [first, last, newcomer] = [new Recorder(), new Recorder(), new Recorder()];
    const leave = bus.listen('a', {
      hint() {
        leave();
        bus.listen('a', newcomer);
      },
      frame() {},
    });
    bus.listen('a', first);
    bus.listen('a', last);
    bus.publish({ sid: 'a', id: 0 });
    bus.publish({ sid: 'a', id: 1 });
    expect(first.hints.map((hint) => hint.id)).toEqual([0, 1]);
    expect(last.hints.map((hint) => hint.id)).toEqual([0, 1]);
    expect(newcomer.hints.map((hint) => hint.id)).toEqual([1]);
  });

  it('is silent once it is disposed of', async () => {
    const listener = new Recorder();
    bus.listen('a', listener);
    await bus[Symbol.asyncDispose]();
    bus.publish({ sid: 'a', id: 0 });
    expect(listener.hints).toEqual([]);
  });

  it('has told every listener a note when publishing returns, until it leaves', () => {
    const heard: string[] = [];
    const leave = bus.listenToNotes(({ type }) => heard.push(`one ${type}`));
    bus.listenToNotes(({ type }) => heard.push(`two ${type}`));
    bus.publishNote({ type: 'deleted', sid: 'a' });
    leave();
    bus.publishNote({ type: 'work' });
    expect(heard).toEqual(['one deleted', 'two deleted', 'two work']);
  });
});
