/**
 * The server's log: JSON lines on stderr. Secrets are taken out twice, by where they stand and by what they are,
 * since a message of an error may hold one anywhere.
 */
import { type Logger, pino } from 'pino';
import type { KnownSecrets } from './known-secrets.ts';

export type { Logger } from 'pino';

/** Fields that are never logged, wherever an object has them. */
const secretFields = [
  'authorization',
  'cookie',
  'apiKey',
  'llmApiKey',
  'llm_api_key',
  'github_token',
  'secretKey',
  'password',
  'token',
];

export interface LoggerOptions {
  readonly level: string;
  readonly secrets: KnownSecrets;
  /** Takes the lines. @default stderr */
  readonly write?: (line: string) => void;
}

export function createLogger({ level, secrets, write }: LoggerOptions): Logger {
  const stream = write === undefined ? pino.destination({ fd: 2, sync: true }) : { write };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretFields.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.headers["${name}"]`]),
      },
      hooks: { streamWrite: (line) => secrets.redact(line) },
    },
    stream,
  );
}
