/**
 * The environment of the one git process that clones: nothing waits for a person (ssh finds no terminal: the process
 * leads a session of its own), git speaks only the protocol that is meant, and a token is there for the credential helper alone. No argument, URL or file ever holds it.
 */
import type { Environment } from '../environment.ts';
import { shellVariable } from '../shell-script.ts';
import type { RepositorySource } from './repository-source.ts';

export interface GitEnvironmentOptions {
  /** What commands get. */
  readonly environment: Readonly<Record<string, string>>;
  /** The server's own: how this machine reaches others. */
  readonly server: Environment;
  readonly source: RepositorySource;
  /** For the origin of `source`. */
  readonly token: string | null;
  /** By which the watcher finds what outlives the server. */
  readonly tag: string;
}

const TOKEN = 'CONVENE_GIT_TOKEN';

/** The user's token where it is meant for this source: GitHub's, and nobody else's. Null where there is none. */
export function tokenFor(source: RepositorySource, githubUrl: string, token: string | null): string | null {
  return token !== null && token !== '' && source.origin === new URL(githubUrl).origin ? token : null;
}

/** What git asks for a name and a password. GitHub takes any name beside a token. */
const helper = `!f() { [ "$1" != get ] || printf 'username=x-access-token\\npassword=%s\\n' "$${TOKEN}"; }; f`;

export function gitEnvironment(options: GitEnvironmentOptions): Record<string, string> {
  const { environment, server, source, tag, token } = options;
  // What belongs to another repository, traces what is sent, or answers for a person.
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(GIT_|SSH_ASKPASS)/.test(name) || /^GIT_(SSH|SSL_|PROXY_)/.test(name),
  );
  const config: (readonly [string, string])[] = [['submodule.recurse', 'false']];
  if (token !== null) {
    // The empty one takes the machine's own helpers out, which would otherwise be told the token to keep it.
    config.push([`credential.${source.origin}.helper`, ''], [`credential.${source.origin}.helper`, helper]);
  }
  return {
    ...Object.fromEntries(kept),
    ...ofTheMachine(server),
    LC_ALL: 'C', // its messages are read
    LANGUAGE: '',
    GIT_ALLOW_PROTOCOL: source.protocol === 'http' ? 'http:https' : source.protocol,
    GIT_ASKPASS: '',
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    [shellVariable]: [environment[shellVariable], tag].filter(Boolean).join(' '),
    ...(token === null ? {} : { [TOKEN]: token }),
  };
}

/** Keys of ssh and proxies. Commands get neither where a password may be in them; git needs them. */
function ofTheMachine(server: Environment): Record<string, string> {
  const isMeant = (name: string): boolean => /^(SSH_AUTH_SOCK|(https?|all|no)_proxy)$/i.test(name);
  return Object.fromEntries(
    Object.entries(server).flatMap(([name, value]) => (isMeant(name) && value ? [[name, value]] : [])),
  );
}
