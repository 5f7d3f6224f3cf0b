import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delay, systemClock } from './clock.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('calls a task once, when its time has come', () => {
    const task = vi.fn();
    systemClock.after(1_000, task);
    vi.advanceTimersByTime(999);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(task).toHaveBeenCalledOnce();
  });

  it('never calls a task that was cancelled, however often', () => {
    const task = vi.fn();
    const cancel = systemClock.after(1_000, task);
    cancel();
    cancel();
    vi.advanceTimersByTime(10_000);
    expect(task).not.toHaveBeenCalled();
  });

  it('takes a cancellation that comes too late', () => {
    const cancel = systemClock.after(0, () => {});
    vi.advanceTimersByTime(1);
    expect(cancel).not.toThrow();
  });

  it('counts monotonic time on when the wall clock steps back', () => {
    const [wall, monotonic] = [systemClock.now(), systemClock.monotonic()];
    vi.setSystemTime(wall - 3_600_000);
    vi.advanceTimersByTime(5);
    expect(systemClock.now()).toBeLessThan(wall);
    expect(systemClock.monotonic()).toBe(monotonic + 5);
  });
});

it('a timer of the system clock keeps no process alive', async () => {
  const module = JSON.stringify(join(import.meta.dirname, 'clock.ts'));
  const script = `import { systemClock } from ${module}; systemClock.after(600_000, () => {}); console.log('done');`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  expect(stdout).toBe('done\n');
});

it('ids are 32 hex digits, each another', () => {
  const ids = Array.from({ length: 1_000 }, () => systemClock.id());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

describe('a delay', () => {
  it('ends after its time', async () => {
    const clock = new VirtualClock();
    const ended = vi.fn();
    const waiting = delay(clock, 100).then(ended);
    await clock.advance(99);
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);
    await waiting;
  });

  it('ends with the reason of a signal that is aborted meanwhile, and its timer with it', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const cancelled = vi.fn();
    const after = clock.after.bind(clock);
    vi.spyOn(clock, 'after').mockImplementation((delayMs, task) => {
      const cancel = after(delayMs, task);
      return () => {
        cancelled();
        cancel();
      };
    });
    const waiting = delay(clock, 100, controller.signal);
    controller.abort(new Error('not needed any more'));
    await expect(waiting).rejects.toThrow('not needed any more');
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it('does not begin under a signal that was aborted before', async () => {
    const clock = new VirtualClock();
    const after = vi.spyOn(clock, 'after');
    await expect(delay(clock, 100, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(after).not.toHaveBeenCalled();
  });

  it('leaves nothing behind on a signal that outlives it', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const waiting = delay(clock, 100, signal);
    await clock.advance(100);
    await waiting;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
