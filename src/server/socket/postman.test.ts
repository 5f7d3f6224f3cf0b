import { describe, expect, it } from 'vitest';
import { Postman, type Sender } from './postman.ts';
import { wirePacket } from './wire-packet.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

describe('the postman', () => {
  let now = 0;
  const clock = { monotonic: () => now };

  it('calls each sender once in the next turn, however often it was added', async () => {
    const postman = new Postman(clock);
    const calls: string[] = [];
    const [one, two]: Sender[] = ['one', 'two'].map((name) => ({ send: () => void calls.push(name) }));
    if (one === undefined || two === undefined) throw new Error('There are two.');
    for (const sender of [one, two, one]) postman.add(sender);
    expect(calls).toEqual([]);
    await turn();
    expect(calls).toEqual(['one', 'two']);
    postman.add(one);
    await turn();
    expect(calls).toEqual(['one', 'two', 'one']);
  });

  it('leaves others their turn when its time is over, and forgets nobody', async () => {
    const postman = new Postman(clock);
    let calls = 0;
    for (let index = 0; index < 10; index += 1) {
      postman.add({
        send() {
          calls += 1;
          now += 1;
        },
      });
    }
    await turn();
    expect(calls).toBe(2);
    for (let index = 0; index < 4; index += 1) await turn();
    expect(calls).toBe(10);
  });

  it('does not call one that was removed', async () => {
    const postman = new Postman(clock);
    let calls = 0;
    const sender: Sender = {
      send() {
        calls += 1;
      },
    };
    postman.add(sender);
    postman.remove(sender);
    await turn();
    expect(calls).toBe(0);
  });

  it('makes what several are sent once', () => {
    const postman = new Postman(clock);
    const packets = [wirePacket('oh_event', 1), wirePacket('oh_event', 2)];
    const joined = postman.join(packets);
    expect(joined).toEqual(Buffer.concat(packets));
    expect(postman.join([...packets])).toBe(joined);
    expect(postman.join(packets.toReversed())).toEqual(Buffer.concat(packets.toReversed()));
    expect(postman.join(packets.slice(0, 1))).toBe(packets[0]);
  });
});
