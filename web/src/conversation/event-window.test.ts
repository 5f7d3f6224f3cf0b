import type { StoredEvent } from 'convene/client';
import { describe, expect, it, vi } from 'vitest';
import { EventWindow } from './event-window.ts';

function event(id: number): StoredEvent {
  return { id, timestamp: '', source: 'agent', message: '', action: 'think', args: { thought: '' } };
}

function events(from: number, to: number): StoredEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
}

/** A log of `length` events, and the pages that were asked for. */
function logOf(length: number, keep = 500) {
  const asked: string[] = [];
  const window = new EventWindow({
    keep,
    load: async (from, to) => {
      asked.push(`${from}-${to}`);
      return events(from, to);
    },
  });
  window.grow(length - 1);
  return { window, asked };
}

async function settled(window: EventWindow): Promise<void> {
  await vi.waitFor(() => expect(window.isSettled).toBe(true), { interval: 1 });
}

describe('the window', () => {
  it('loads what is wanted, each chunk once', async () => {
    const { window, asked } = logOf(1_050);
    window.want(950, 1_200);
    window.want(960, 1_049);
    await settled(window);
    expect(asked).toEqual(['900-999', '1000-1049']);
    expect(window.get(1_049)?.id).toBe(1_049);
    expect(window.get(899)).toBeUndefined();
  });

  it('follows live events, and asks for nothing that came by itself', async () => {
    const { window, asked } = logOf(0);
    window.push(events(0, 149));
    window.push([event(150)]);
    window.push([event(149)]);
    window.want(0, 150);
    await settled(window);
    expect(asked).toEqual([]);
    expect([window.head, window.size]).toEqual([150, 151]);
  });

  it('goes on in a chunk of which live events have brought the middle', async () => {
    const { window, asked } = logOf(150);
    window.push(events(150, 160));
    window.want(100, 160);
    await settled(window);
    expect(asked).toEqual(['100-160']);
    expect(window.get(155)?.id).toBe(155);
  });

  it('asks again where an answer was cut short', async () => {
    const asked: number[] = [];
    const window = new EventWindow({
      load: async (from, to) => {
        asked.push(from);
        return events(from, Math.min(to, from + 29));
      },
    });
    window.grow(99);
    window.want(0, 99);
    await settled(window);
    expect(asked).toEqual([0, 30, 60, 90]);
  });

  it('takes the same memory however far one looks, and keeps the end', async () => {
    const { window } = logOf(100_000);
    window.push(events(99_900, 99_999));
    for (let place = 99_000; place > 0; place -= 1_000) {
      window.want(place, place + 150);
      await settled(window);
    }
    expect(window.size).toBeLessThanOrEqual(500);
    expect(window.get(99_950)?.id).toBe(99_950);
    expect(window.get(50_050)).toBeUndefined();
    expect(window.get(1_050)?.id).toBe(1_050);
  });

  it('takes the same memory however much comes', () => {
    const { window } = logOf(0);
    for (let id = 0; id < 10_000; id += 1) {
      window.want(id - 50, id);
      window.push([event(id)]);
    }
    expect(window.size).toBeLessThanOrEqual(500);
    expect(window.get(9_999)?.id).toBe(9_999);
  });

  it('no longer loads what one has passed by, and loads it when it is wanted again', async () => {
    const signals: AbortSignal[] = [];
    const window = new EventWindow({
      load: (from, to, signal) => {
        signals.push(signal);
        return signals.length > 1
          ? Promise.resolve(events(from, to))
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    window.grow(999);
    window.want(0, 50);
    window.want(500, 550);
    expect(signals[0]?.aborted).toBe(true);
    await settled(window);
    window.want(0, 50);
    await settled(window);
    expect(window.get(0)?.id).toBe(0);
  });

  it('tells of a failure, and tries again when the events are wanted again', async () => {
    let failures = 0;
    const window = new EventWindow({
      load: async (from, to) => {
        if (failures === 0) throw new Error('no answer');
        return events(from, to);
      },
      onFailure: () => {
        failures += 1;
      },
    });
    window.grow(9);
    window.want(0, 9);
    await vi.waitFor(() => expect(failures).toBe(1), { interval: 1 });
    window.want(0, 9);
    await settled(window);
  });

  it('says what has come', () => {
    const { window } = logOf(0);
    const changes: unknown[] = [];
    const end = window.subscribe((change) => changes.push(change));
    window.push(events(0, 4));
    end();
    window.push(events(5, 6));
    expect(changes).toEqual([{ from: 0, to: 4 }]);
  });
});
