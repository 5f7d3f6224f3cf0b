/**
 * The one table of what can be configured: each key's schema and default, the names it goes by, and what a
 * person needs to know of it. The loader, the CLI's flags, `convene config` and docs/configuration.md all read
 * it. Null means: not set.
 */
import { z } from 'zod';

interface OptionRow<Value> {
  /** Made when a value is to be checked: most keys keep their default, and start-up does not wait for the rest. */
  readonly schema: () => z.ZodType<NonNullable<Value>>;
  /** Null where the key need not be set. */
  readonly default: Value;
  /** Environment variables; the first one that is set counts. */
  readonly env: readonly [string, ...string[]];
  /** How the text of a flag or an environment variable is read. */
  readonly type: OptionType;
  readonly description: string;
  /** What a valid value is, to follow the word "expected". */
  readonly expects: string;
  /** What is not to be shown: all of it, or the password in the URL. Whole secrets have no flag. */
  readonly secret?: 'whole' | 'password';
  /** What is used where the key is not set, if the default itself does not say it. */
  readonly otherwise?: string;
}

export type OptionType = 'text' | 'integer' | 'number' | 'boolean' | 'list';

/** The longest delay of a timer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const duration = () => z.int().min(0).max(MAX_DELAY_MS);
const text = () => z.string().min(1);

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The values by key, before paths are resolved. Null means: not set. */
export interface ConfigValues {
  readonly host: string;
  readonly port: number;
  readonly insecure: boolean;
  readonly allowedHosts: readonly string[];
  readonly webDir: string | null;
  readonly dataDir: string;
  readonly workspaceDir: string | null;
  readonly secretKey: string | null;
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly nodeUrl: string | null;
  readonly leaseMs: number;
  readonly databasePoolSize: number;
  readonly databaseTimeoutMs: number;
  readonly llmModel: string | null;
  readonly llmApiKey: string | null;
  readonly llmBaseUrl: string | null;
  readonly llmTimeoutMs: number;
  readonly llmRetries: number;
  readonly llmRetryDelayMs: number;
  readonly defaultAgent: string | null;
  readonly maxIterations: number;
  readonly maxBudget: number | null;
  readonly confirmationMode: boolean;
  readonly maxConversationsPerUser: number | null;
  readonly closeDelayMs: number;
  readonly commandTimeoutMs: number;
  readonly maxOutputBytes: number;
  readonly githubUrl: string;
  readonly githubApiUrl: string;
  readonly localRepositories: boolean;
  readonly cloneTimeoutMs: number;
  readonly drainGraceMs: number;
  readonly logLevel: LogLevel;
}

export type ConfigKey = keyof ConfigValues;

const options: { readonly [Key in ConfigKey]: OptionRow<ConfigValues[Key]> } = {
  host: {
    schema: text,
    default: '127.0.0.1',
    env: ['CONVENE_HOST'],
    type: 'text',
    description: 'Address to listen on. One that other machines can reach needs `insecure`.',
    expects: 'a host name or an address',
  },
  port: {
    schema: () => z.int().min(0).max(65_535),
    default: 3000,
    env: ['CONVENE_PORT', 'PORT'],
    type: 'integer',
    description: 'Port to listen on; 0 takes a free one.',
    expects: 'an integer from 0 to 65535',
  },
  insecure: {
    schema: () => z.boolean(),
    default: false,
    env: ['CONVENE_INSECURE'],
    type: 'boolean',
    description: 'Allows a `host` that other machines can reach: whoever reaches it can run commands here.',
    expects: 'true or false',
  },
  allowedHosts: {
    schema: () => z.array(z.string().regex(/^[^\s/,]+$/)),
    default: [],
    env: ['CONVENE_ALLOWED_HOSTS'],
    type: 'list',
    description: 'Names that `Host` and `Origin` headers may carry, besides those of this machine itself.',
    expects: 'host names, without a scheme, separated by commas',
  },
  webDir: {
    schema: text,
    default: null,
    env: ['CONVENE_WEB_DIR'],
    type: 'text',
    description: 'Folder of another web client to serve.',
    expects: 'a path',
    otherwise: 'the web app',
  },
  dataDir: {
    schema: text,
    default: '.convene',
    env: ['CONVENE_DATA_DIR'],
    type: 'text',
    description: 'Folder of everything that the server stores. One server at a time uses it.',
    expects: 'a path',
  },
  workspaceDir: {
    schema: text,
    default: null,
    env: ['CONVENE_WORKSPACE_DIR'],
    type: 'text',
    description: "Folder of the conversations' workspaces.",
    expects: 'a path',
    otherwise: '`workspaces` in `dataDir`',
  },
  secretKey: {
    schema: () => z.string().regex(/^[0-9a-f]{64}$/i),
    default: null,
    env: ['CONVENE_SECRET_KEY'],
    type: 'text',
    description: 'Key that stored secrets are encrypted with. The same on every node of a cluster.',
    expects: '64 hexadecimal digits',
    secret: 'whole',
  },
  databaseUrl: {
    schema: () => z.url({ protocol: /^postgres(ql)?$/ }),
    default: null,
    env: ['DATABASE_URL'],
    type: 'text',
    description: 'PostgreSQL database of a cluster.',
    expects: 'a postgresql:// URL',
    secret: 'password',
    otherwise: 'SQLite in `dataDir`',
  },
  redisUrl: {
    schema: () => z.url({ protocol: /^rediss?$/ }),
    default: null,
    env: ['REDIS_URL'],
    type: 'text',
    description: 'Redis of a cluster.',
    expects: 'a redis:// or rediss:// URL',
    secret: 'password',
  },
  nodeUrl: {
    schema: () => z.url({ protocol: /^https?$/ }),
    default: null,
    env: ['CONVENE_NODE_URL'],
    type: 'text',
    description: 'Where the other nodes of a cluster reach this one.',
    expects: 'an http:// or https:// URL',
    otherwise: 'where it listens',
  },
  leaseMs: {
    schema: () => z.int().min(1_500).max(600_000),
    default: 6_000,
    env: ['CONVENE_LEASE_MS'],
    type: 'integer',
    description:
      'After so long without a heartbeat the others take over what a node of a cluster has, in ms. The same on every node.',
    expects: 'milliseconds, an integer from 1500 to 600000',
  },
  databasePoolSize: {
    schema: () => z.int().min(2).max(1_000),
    default: 10,
    env: ['CONVENE_DATABASE_POOL_SIZE'],
    type: 'integer',
    description: 'Connections of a node to PostgreSQL for the log; seven more at most serve everything else.',
    expects: 'an integer from 2 to 1000',
  },
  databaseTimeoutMs: {
    schema: () => duration().min(100),
    default: 10_000,
    env: ['CONVENE_DATABASE_TIMEOUT_MS'],
    type: 'integer',
    description: 'How long a statement of the log may take in PostgreSQL, in ms.',
    expects: 'milliseconds, an integer from 100',
  },
  llmModel: {
    schema: text,
    default: null,
    env: ['LLM_MODEL'],
    type: 'text',
    description:
      "Language model, where a user's settings name none: `provider/model`, such as `openai/gpt-5` or `anthropic/claude-sonnet-4-5`; with `llmBaseUrl`, also any name that the API there knows.",
    expects: 'the name of a model',
  },
  llmApiKey: {
    schema: text,
    default: null,
    env: ['LLM_API_KEY'],
    type: 'text',
    description: "Key for the language model's API, where a user's settings have none.",
    expects: 'a key',
    secret: 'whole',
  },
  llmBaseUrl: {
    schema: () => z.url({ protocol: /^https?$/ }),
    default: null,
    env: ['LLM_BASE_URL'],
    type: 'text',
    description: "Address of the language model's API, where a user's settings have none.",
    expects: 'an http:// or https:// URL',
    secret: 'password',
    otherwise: "the provider's own",
  },
  llmTimeoutMs: {
    schema: () => duration().min(1),
    default: 180_000,
    env: ['CONVENE_LLM_TIMEOUT_MS'],
    type: 'integer',
    description: 'How long nothing may come from a language model before it counts as failed, in ms.',
    expects: 'milliseconds, an integer from 1',
  },
  llmRetries: {
    schema: () => z.int().min(0).max(20),
    default: 4,
    env: ['LLM_NUM_RETRIES'],
    type: 'integer',
    description: 'How often a language model is asked again after a failure that may pass.',
    expects: 'an integer from 0 to 20',
  },
  llmRetryDelayMs: {
    schema: duration,
    default: 2_000,
    env: ['CONVENE_LLM_RETRY_DELAY_MS'],
    type: 'integer',
    description: 'The wait before it is asked again, in ms; it doubles each time, up to a minute.',
    expects: 'milliseconds, an integer from 0',
  },
  defaultAgent: {
    schema: text,
    default: null,
    env: ['CONVENE_AGENT'],
    type: 'text',
    description: "Agent, where a user's settings name none.",
    expects: 'the name of an agent',
    otherwise: '`CodeActAgent` where there is a language model, else `ShellAgent`',
  },
  maxIterations: {
    schema: () => z.int().min(1),
    default: 250,
    env: ['CONVENE_MAX_ITERATIONS'],
    type: 'integer',
    description: 'Steps that an agent may take before it stops and asks; each resume grants as many again.',
    expects: 'an integer from 1',
  },
  maxBudget: {
    schema: () => z.number().positive(),
    default: null,
    env: ['CONVENE_MAX_BUDGET'],
    type: 'number',
    description: 'US dollars that a conversation may cost before it stops and asks.',
    expects: 'a number above 0',
    otherwise: 'no limit',
  },
  confirmationMode: {
    schema: () => z.boolean(),
    default: false,
    env: ['CONVENE_CONFIRMATION_MODE'],
    type: 'boolean',
    description: "An agent's commands wait for the user's consent, where the user's settings do not say.",
    expects: 'true or false',
  },
  maxConversationsPerUser: {
    schema: () => z.int().min(1),
    default: null,
    env: ['CONVENE_MAX_CONVERSATIONS'],
    type: 'integer',
    description: 'Conversations of one user that may run at a time.',
    expects: 'an integer from 1',
    otherwise: 'no limit',
  },
  closeDelayMs: {
    schema: duration,
    default: 900_000,
    env: ['CONVENE_CLOSE_DELAY_MS'],
    type: 'integer',
    description: 'How long an idle conversation without viewers stays open, in ms; 0: for ever.',
    expects: 'milliseconds, an integer from 0',
  },
  commandTimeoutMs: {
    schema: () => duration().min(1),
    default: 120_000,
    env: ['CONVENE_COMMAND_TIMEOUT_MS'],
    type: 'integer',
    description: 'How long a command may take that names no time-out of its own, in ms.',
    expects: 'milliseconds, an integer from 1',
  },
  maxOutputBytes: {
    schema: () =>
      z
        .int()
        .min(1024)
        .max(2 ** 26),
    default: 65_536,
    env: ['CONVENE_MAX_OUTPUT_BYTES'],
    type: 'integer',
    description: "How much of a command's output is logged, in bytes; of more, the middle is left out.",
    expects: 'an integer from 1024 to 67108864',
  },
  githubUrl: {
    schema: () => z.url({ protocol: /^https?$/ }),
    default: 'https://github.com',
    env: ['CONVENE_GITHUB_URL'],
    type: 'text',
    description:
      "Where repositories named `owner/name` are cloned from; a user's GitHub token goes nowhere else.",
    expects: 'an http:// or https:// URL',
  },
  githubApiUrl: {
    schema: () => z.url({ protocol: /^https?$/ }),
    default: 'https://api.github.com',
    env: ['CONVENE_GITHUB_API_URL'],
    type: 'text',
    description: "GitHub's API, which is asked for a user's repositories with their token.",
    expects: 'an http:// or https:// URL',
  },
  localRepositories: {
    schema: () => z.boolean(),
    default: false,
    env: ['CONVENE_LOCAL_REPOSITORIES'],
    type: 'boolean',
    description: 'Allows users to clone repositories on this machine, by their absolute paths.',
    expects: 'true or false',
  },
  cloneTimeoutMs: {
    schema: () => duration().min(1),
    default: 600_000,
    env: ['CONVENE_CLONE_TIMEOUT_MS'],
    type: 'integer',
    description: 'How long cloning a repository may take, in ms.',
    expects: 'milliseconds, an integer from 1',
  },
  drainGraceMs: {
    schema: duration,
    default: 10_000,
    env: ['CONVENE_DRAIN_GRACE_MS'],
    type: 'integer',
    description: 'How long a server that is told to stop lets its agents finish their step, in ms.',
    expects: 'milliseconds, an integer from 0',
  },
  logLevel: {
    schema: () => z.enum(logLevels),
    default: 'info',
    env: ['CONVENE_LOG_LEVEL'],
    type: 'text',
    description: `What is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}.`,
    expects: `one of ${logLevels.join(', ')}`,
  },
};

/** All keys, in the order of the documentation. */
export const configKeys: readonly ConfigKey[] = Object.keys(options).filter(isConfigKey);

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(options, key);
}

/** One key as the loader, the CLI and the documentation see it. */
export interface ConfigOption<Key extends ConfigKey = ConfigKey> extends OptionRow<ConfigValues[Key]> {
  readonly key: Key;
  /** `--max-iterations`; null for what has no place on a command line that others can read. */
  readonly flag: string | null;
}

/** The row of one key. */
export function configOption<Key extends ConfigKey>(key: Key): ConfigOption<Key> {
  const row: OptionRow<ConfigValues[Key]> = options[key];
  const kebab = key.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
  return { ...row, key, flag: row.secret === 'whole' ? null : `--${kebab}` };
}

/** The table, one row a key. */
export function configOptions(): readonly ConfigOption[] {
  return configKeys.map((key) => configOption(key));
}
