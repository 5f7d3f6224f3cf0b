import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputBuffer } from './output-buffer.ts';

function bufferOf(limit: number, ...chunks: readonly (string | Uint8Array)[]): OutputBuffer {
  const buffer = new OutputBuffer(limit);
  for (const chunk of chunks) buffer.append(Buffer.from(chunk));
  return buffer;
}

describe('OutputBuffer', () => {
  it('keeps everything up to the limit', () => {
    expect(bufferOf(10, 'hello', 'world').text()).toBe('helloworld');
  });

  it('cuts the middle out of more, and says how much', () => {
    expect(bufferOf(4, 'abcdefgh').text()).toBe('ab\n[… 4 bytes of output were cut out here …]\ngh');
  });

  it('keeps the same, however the output was chunked', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 })), fc.integer({ min: 2, max: 40 }), (chunks, limit) => {
        const whole = chunks.join('');
        const text = bufferOf(limit, ...chunks.map((chunk) => Buffer.from(chunk, 'latin1'))).text();
        expect(text).toBe(bufferOf(limit, Buffer.from(whole, 'latin1')).text());
      }),
    );
  });

  it('keeps exactly the beginning and the end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'grapheme-ascii' })),
        fc.integer({ min: 2, max: 40 }),
        (chunks, limit) => {
          const whole = chunks.join('');
          const half = Math.ceil(limit / 2);
          const cut = whole.length - limit;
          const expected =
            cut <= 0
              ? whole
              : `${whole.slice(0, half)}\n[… ${cut} bytes of output were cut out here …]\n${whole.slice(-(limit - half))}`;
          expect(bufferOf(limit, ...chunks).text()).toBe(expected);
        },
      ),
    );
  });

  it('keeps characters whole that come in pieces', () => {
    const bytes = Buffer.from('a😀b');
    expect(bufferOf(100, bytes.subarray(0, 2), bytes.subarray(2, 4), bytes.subarray(4)).text()).toBe('a😀b');
  });

  it('does not cut within a character', () => {
    expect(bufferOf(8, 'a😀bbbbbbbb😀b').text()).toBe('a\n[… 16 bytes of output were cut out here …]\nb');
  });

  it('replaces bytes that are no text', () => {
    expect(bufferOf(100, Buffer.from([0x61, 0xff, 0x62])).text()).toBe('a\u{fffd}b');
  });
});
