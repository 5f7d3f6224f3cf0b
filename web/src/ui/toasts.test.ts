import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Toasts } from './toasts.ts';

describe('a toast', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('goes after its time, and says so once', () => {
    const toasts = new Toasts();
    const onEnd = vi.fn();
    toasts.show('Deleted', { forMs: 100, onEnd });
    expect(toasts.shown()).toHaveLength(1);
    vi.advanceTimersByTime(100);
    expect(toasts.shown()).toEqual([]);
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('does not end where its action is taken', () => {
    const toasts = new Toasts();
    const onEnd = vi.fn();
    const run = vi.fn();
    toasts.act(toasts.show('Deleted', { action: { label: 'Undo', run }, onEnd }));
    vi.runAllTimers();
    expect(run).toHaveBeenCalledOnce();
    expect(onEnd).not.toHaveBeenCalled();
  });

  it('ends with all others when the page goes', () => {
    const toasts = new Toasts();
    const ended: string[] = [];
    toasts.show('one', { onEnd: () => ended.push('one') });
    toasts.show('two', { onEnd: () => ended.push('two') });
    toasts.endAll();
    vi.runAllTimers();
    expect(ended).toEqual(['one', 'two']);
  });
});
