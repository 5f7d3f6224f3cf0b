import { beforeEach, describe, expect, it } from 'vitest';
import { SoleMembership } from '../cluster/membership.ts';
import { type NewTakeover, noTakeovers } from '../cluster/takeovers.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { TakeoverRecorder } from './takeover-recorder.ts';

describe('what is noted of a claim', () => {
  const clock = new VirtualClock();
  const membership = new SoleMembership(clock);
  const to = membership.incarnation;
  let noted: NewTakeover[];
  let recorder: TakeoverRecorder;
  beforeEach(() => {
    noted = [];
    const takeovers = { ...noTakeovers, record: (one: NewTakeover) => void noted.push(one) };
    recorder = new TakeoverRecorder({ clock, membership, takeovers });
  });

  it('is the dead owner', () => {
    recorder.claimed('sid', 'dead');
    expect(noted).toEqual([{ sid: 'sid', from: 'dead', to }]);
  });

  it('is who has let it go, and how long ago, once', async () => {
    recorder.letGo('sid', 'other');
    await clock.advance(250);
    recorder.claimed('sid', null);
    recorder.claimed('sid', null);
    expect(noted).toEqual([{ sid: 'sid', from: 'other', to, handedOverMs: 250 }]);
  });

  it('is nothing where nobody had it, this node has let it go itself, or that was long ago', async () => {
    recorder.claimed('one', null);
    recorder.letGo('two', to);
    recorder.claimed('two', null);
    recorder.letGo('three', 'other');
    await clock.advance(60_000);
    recorder.claimed('three', null);
    expect(noted).toEqual([]);
  });
});
