/**
 * What a command sees of the server's environment: what a person's own shell would have, without the server's
 * secrets, without the traces of how the server was started, and with everything off that waits for a terminal.
 */
import { shellVariable } from './shell-script.ts';

/** Names that tell how this server was started; they would mislead the programs that a command starts. */
const ofTheServer =
  /^(CONVENE_|LLM_|npm_|NODE_|VITEST|PM2_|LISTEN_|TEST$|PORT$|HOST$|INIT_CWD$|NOTIFY_SOCKET$|INVOCATION_ID$|JOURNAL_STREAM$)/;

/** Names that change how bash itself starts or behaves. */
const ofTheShell =
  /^(BASH|PROMPT_COMMAND$|PS[0-4]$|SHELLOPTS$|ENV$|TMOUT$|HIST|MAIL|PWD$|OLDPWD$|SHLVL$|_$|IFS$)/;

const secretName =
  /(^|_)(KEYS?|APIKEY|TOKENS?|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|PASS|CREDENTIALS?|AUTH|DSN|COOKIES?)(_|$)/i;
const connectionName = /^(DATABASE|REDIS|POSTGRES|POSTGRESQL|PG|MONGO|MYSQL|AMQP)[A-Z0-9]*(_|$)/;
const valueWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#]*@/i;

/** Variables that keep programs from waiting for a person at a terminal. */
const withoutTerminal = {
  TERM: 'dumb',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  MANPAGER: 'cat',
  SYSTEMD_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
  DEBIAN_FRONTEND: 'noninteractive',
} as const;

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a workspace's commands, made from the server's. */
export function commandEnvironment(server: Environment): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(server)) {
    if (value !== undefined && mayPass(name, value)) environment[name] = value;
  }
  environment['PATH'] = withoutPackageFolders(server['PATH'] ?? '') || defaultPath;
  if (!server['LC_ALL'] && !server['LC_CTYPE'] && !server['LANG']) environment['LANG'] = 'C.UTF-8';
  return { ...environment, ...withoutTerminal };
}

/** `environment`, found by the tags too: everything that is started with it can be told by them. */
export function withTags(
  environment: Readonly<Record<string, string>>,
  ...tags: readonly string[]
): Record<string, string> {
  const outer = environment[shellVariable];
  return { ...environment, [shellVariable]: [...(outer === undefined ? [] : [outer]), ...tags].join(' ') };
}

function mayPass(name: string, value: string): boolean {
  // A server that runs in the shell of another one: its commands are the other's to end, too.
  if (name === shellVariable) return true;
  if (ofTheServer.test(name) || ofTheShell.test(name)) return false;
  return !secretName.test(name) && !connectionName.test(name) && !valueWithPassword.test(value);
}

/** npm puts the server's own `node_modules/.bin` in front; a command must find the workspace's tools instead. */
function withoutPackageFolders(path: string): string {
  const kept = path.split(':').filter((folder) => !/\/(node_modules\/\.bin|node-gyp-bin)\/?$/.test(folder));
  return kept.join(':');
}
