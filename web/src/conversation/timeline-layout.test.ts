import { describe, expect, it } from 'vitest';
import { action, lookup, observation } from './event-fixture.ts';
import { TimelineLayout } from './timeline-layout.ts';

const log = Array.from({ length: 1_000 }, (_, id) =>
  id % 2 === 0
    ? action(id, 'run', { command: `echo ${id}` })
    : observation(id, 'run', `${id}`, { metadata: { exit_code: 0 } }, { cause: id - 1 }),
);

function laidOut(count = log.length): TimelineLayout {
  const layout = new TimelineLayout(lookup(log));
  layout.count = count;
  layout.update({ from: 0, to: count - 1 });
  return layout;
}

describe('the layout', () => {
  it('gives no height to what is part of another row', () => {
    const layout = laidOut();
    expect(layout.heightOf(1)).toBe(0);
    expect(layout.heightOf(2)).toBeGreaterThan(0);
    expect(layout.range(layout.offsetOf(200), 100, 0).first).toBe(200);
  });

  it('keeps what is looked at in its place while what is above it changes', () => {
    const layout = laidOut();
    const scrollTop = layout.offsetOf(500) + 7;
    layout.hold(scrollTop);
    expect(layout.heldTop).toBe(scrollTop);
    layout.measure(100, layout.heightOf(100) + 250);
    layout.measure(600, 900);
    expect(layout.heldTop).toBe(scrollTop + 250);
    expect(layout.anchor).toEqual({ id: 500, above: 7 });
  });

  it('keeps a measured height over what comes later', () => {
    const layout = laidOut();
    expect(layout.measure(10, 333)).toBe(true);
    expect(layout.measure(10, 333)).toBe(false);
    layout.update({ from: 0, to: 20 });
    expect(layout.heightOf(10)).toBe(333);
  });

  it('can end at an earlier event, and go on from there', () => {
    const layout = laidOut();
    const whole = layout.total;
    layout.count = 101;
    expect(layout.total).toBe(layout.offsetOf(101));
    expect(layout.range(10_000_000, 500, 0).last).toBe(100);
    layout.count = 1_000;
    expect(layout.total).toBe(whole);
  });

  it('follows the end until somebody looks elsewhere', () => {
    const layout = laidOut();
    expect(layout.heldTop).toBeNull();
    layout.hold(0);
    expect(layout.heldTop).toBe(0);
  });
});
