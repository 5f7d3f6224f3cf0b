import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint, seal, unseal } from './sealing.ts';

const key = randomBytes(32);

describe('sealing', () => {
  it('gives every well-formed text back', () => {
    const text = fc.string({ unit: 'binary' }).filter((candidate) => candidate.isWellFormed());
    fc.assert(fc.property(text, (plain) => unseal(seal(plain, key), key) === plain));
  });

  it('refuses text that could not be given back', () => {
    expect(() => seal('\ud800', key)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('never seals twice alike, and shows nothing of the text', () => {
    const [one, two] = [seal('secret text', key), seal('secret text', key)];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(one.slice(3), 'base64url').toString('latin1')).not.toContain('secret');
  });

  it('opens with its key and its context only', () => {
    const sealed = seal('secret', key, 'ann');
    expect(unseal(sealed, key, 'ann')).toBe('secret');
    for (const open of [
      () => unseal(sealed, randomBytes(32), 'ann'),
      () => unseal(sealed, key, 'bob'),
      () => unseal(sealed, key),
    ]) {
      expect(open).toThrow(
        expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining('key') }),
      );
    }
  });

  it('tells every change of a sealed text', () => {
    const sealed = seal('secret', key);
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => unseal(`v1.${changed.toString('base64url')}`, key)).toThrow();
    }
  });

  it.each(['', 'v1.', 'v1.AAAA', 'v2.AAAA', 'secret', 'v1'])('refuses %j', (text) => {
    expect(() => unseal(text, key)).toThrow(expect.objectContaining({ code: 'invalid_config' }));
  });
});

describe('the fingerprint of a key', () => {
  it('tells keys apart and gives nothing away', () => {
    expect(fingerprint(key)).toBe(fingerprint(Uint8Array.from(key)));
    expect(fingerprint(key)).not.toBe(fingerprint(randomBytes(32)));
    expect(key.toString('hex')).not.toContain(fingerprint(key));
  });
});
