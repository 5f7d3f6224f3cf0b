/**
 * Sealing: text encrypted and authenticated with AES-256-GCM, so that what lies on a disk or in a database can
 * neither be read nor changed without the server's key.
 *
 * Format: `v1.` and, in base64url, a nonce of 12 random bytes, the tag of 16 bytes, the encrypted UTF-8 text. The
 * version and the context are authenticated too.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ConveneError } from '../errors.ts';

const algorithm = 'aes-256-gcm';
const version = 'v1';
const nonceLength = 12;
const tagLength = 16;

/**
 * @param text Well-formed text.
 * @param key 32 bytes.
 * @param context What the text belongs to, such as a user: it opens only under the same.
 */
export function seal(text: string, key: Uint8Array, context = ''): string {
  if (!text.isWellFormed()) throw new ConveneError('invalid_request', 'Only well-formed text can be sealed.');
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(authenticated(context));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${version}.${Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64url')}`;
}

/** Throws `invalid_config` where the key is not the one that sealed, or the text was changed. */
export function unseal(sealed: string, key: Uint8Array, context = ''): string {
  if (!sealed.startsWith(`${version}.`)) {
    throw new ConveneError(
      'invalid_config',
      'This sealed text has a format that this version does not know.',
    );
  }
  const bytes = Buffer.from(sealed.slice(version.length + 1), 'base64url');
  const nonce = bytes.subarray(0, nonceLength);
  const tag = bytes.subarray(nonceLength, nonceLength + tagLength);
  try {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength })
      .setAAD(authenticated(context))
      .setAuthTag(tag);
    const encrypted = bytes.subarray(nonceLength + tagLength);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8');
  } catch (cause) {
    const message =
      'The secret key is not the one that this was sealed with. Check CONVENE_SECRET_KEY or secret.key.';
    throw new ConveneError('invalid_config', message, { cause });
  }
}

/** Tells keys apart without giving anything of them away. */
export function fingerprint(key: Uint8Array): string {
  return createHash('sha256').update('convene key fingerprint\n').update(key).digest('hex').slice(0, 32);
}

function authenticated(context: string): Buffer {
  return Buffer.from(JSON.stringify([version, context]));
}
