import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { OutputStream } from './output-stream.ts';

function watch() {
  const clock = new VirtualClock();
  const seen: string[] = [];
  return { clock, seen, stream: new OutputStream(clock, (text) => seen.push(text)) };
}

describe('OutputStream', () => {
  it('passes the first output on at once', () => {
    const { seen, stream } = watch();
    stream.push(Buffer.from('a'));
    expect(seen).toEqual(['a']);
  });

  it('gathers what follows shortly', async () => {
    const { clock, seen, stream } = watch();
    for (const text of ['a', 'b', 'c']) stream.push(Buffer.from(text));
    await clock.advance(30);
    expect(seen).toEqual(['a', 'bc']);
  });

  it('is quiet again when nothing came for a moment', async () => {
    const { clock, seen, stream } = watch();
    stream.push(Buffer.from('a'));
    await clock.advance(100);
    stream.push(Buffer.from('b'));
    expect(seen).toEqual(['a', 'b']);
  });

  it('leaves out what a flood brings beyond 16 KiB a moment, and says so', async () => {
    const { clock, seen, stream } = watch();
    stream.push(Buffer.from('first'));
    for (let i = 0; i < 10; i += 1) stream.push(Buffer.alloc(16 * 1024, 'x'));
    await clock.advance(30);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatch(/^x{16384}\n\[… 147456 bytes are not shown live …\]\n$/);
  });

  it('keeps characters whole that come in pieces', async () => {
    const { clock, seen, stream } = watch();
    const bytes = Buffer.from('😀');
    stream.push(bytes.subarray(0, 1));
    stream.push(bytes.subarray(1));
    await clock.advance(30);
    expect(seen.join('')).toBe('😀');
  });

  it('passes the rest on when it is closed', () => {
    const { seen, stream } = watch();
    for (const text of ['a', 'b']) stream.push(Buffer.from(text));
    stream.close();
    expect(seen).toEqual(['a', 'b']);
  });
});
