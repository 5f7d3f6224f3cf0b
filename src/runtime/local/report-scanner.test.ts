import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReportScanner } from './report-scanner.ts';

type Seen = { output: string } | { report: readonly string[] };

/** What a scanner for two fields finds; outputs that follow each other are joined. */
function scan(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const scanner = new ReportScanner('token', 2, {
    output: (bytes) => {
      const last = seen.at(-1);
      const text = Buffer.from(bytes).toString('latin1');
      if (last && 'output' in last) last.output += text;
      else seen.push({ output: text });
    },
    report: (report) => seen.push({ report }),
  });
  for (const chunk of chunks) scanner.push(chunk);
  return seen;
}

describe('ReportScanner', () => {
  it('separates output and reports', () => {
    expect(scan([Buffer.from('before\0token\x001\x002\0after')])).toEqual([
      { output: 'before' },
      { report: ['1', '2'] },
      { output: 'after' },
    ]);
  });

  it('finds the same, however the bytes are chunked', () => {
    const piece = fc.constantFrom(
      'text',
      '\0',
      '\0tok',
      '\0token',
      '\0token\x001\x002\0',
      'token\0',
      '\0\0token\0a\0\0',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat({ max: 200 })), (pieces, cuts) => {
        // Output goes on for long enough that nothing is held back as a possible report at the end.
        const whole = Buffer.from(`${pieces.join('')}\0token\0end\0end\0`);
        const at = [0, ...cuts.filter((cut) => cut < whole.length), whole.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        expect(scan(chunks)).toEqual(scan([whole]));
      }),
    );
  });

  it('passes output on that only begins like a report', () => {
    expect(scan([Buffer.from('a\0tok'), Buffer.from('yo')])).toEqual([{ output: 'a\0tokyo' }]);
  });

  it('does not hold back without end what looks like a report', () => {
    const seen = scan([Buffer.from('\0token\0'), Buffer.alloc(70_000, 'x')]);
    expect(seen).toEqual([{ output: `\0token\0${'x'.repeat(70_000)}` }]);
  });
});
