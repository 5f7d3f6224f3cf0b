/**
 * What a repository's name means to git. A name comes from a user and becomes an argument of git, so only what is
 * known to be harmless passes: no option, no transport that runs a command (`ext::`), no `file://`, no password.
 */
import { isAbsolute } from 'node:path';
import { ConveneError } from '../../../errors.ts';

export interface RepositorySource {
  /** For git: a URL, `user@host:path`, or an absolute path. */
  readonly address: string;
  /** What git may speak. */
  readonly protocol: 'http' | 'https' | 'ssh' | 'file';
  /** Of a URL of http or https. */
  readonly origin: string | null;
  /** The name of the folder that it becomes. */
  readonly folder: string;
}

export interface SourceRules {
  /** Where `owner/name` is looked for. */
  readonly githubUrl: string;
  /** Whether an absolute path is taken. */
  readonly localRepositories: boolean;
}

const githubName = /^[A-Za-z0-9_][\w-]*\/(?!\.git$)[\w.-]+$/;
/** As scp has it. */
const scpAddress = /^(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.-]*:(?!:|\/\/|-)\S+$/;
const hostName = /^(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-f:.]+\])$/i;
const userName = /^[A-Za-z0-9_][\w.-]*$/;
const folderName = /^(?!-|\.{1,2}$|\.git$)[\w.-]+$/i;
/** White space and what no terminal shows. */
const unprintable = /[\s\p{C}]/u;

/** Throws `invalid_request` with `details.field` = `selected_repository`. */
export function repositorySource(repository: string, rules: SourceRules): RepositorySource {
  if (isAbsolute(repository)) return localSource(repository, rules);
  if (unprintable.test(repository) || repository.includes('\\') || repository.startsWith('-')) {
    throw refused('expected owner/name or a URL.');
  }
  if (githubName.test(repository)) {
    const address = `${rules.githubUrl.replace(/\/+$/, '')}/${repository.replace(/\.git$/, '')}.git`;
    return withUrl(new URL(address));
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(repository)) return withUrl(urlOf(repository));
  if (scpAddress.test(repository)) {
    return { address: repository, protocol: 'ssh', origin: null, folder: folderOf(repository) };
  }
  throw refused('expected owner/name or a URL (https://… or ssh://…).');
}

function localSource(path: string, { localRepositories }: SourceRules): RepositorySource {
  if (!localRepositories) throw refused('paths are not allowed here (`localRepositories`).');
  if (/\p{Cc}/u.test(path)) throw refused('a path has no control characters.');
  return { address: path, protocol: 'file', origin: null, folder: folderOf(path) };
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw refused('this is not a valid URL.');
  return url;
}

function withUrl(url: URL): RepositorySource {
  const { hostname, password, protocol, search, hash, username } = url;
  if (protocol !== 'https:' && protocol !== 'http:' && protocol !== 'ssh:') {
    throw refused(`${protocol}// is not allowed: use https:// or ssh://.`);
  }
  if (!hostName.test(hostname)) throw refused('the URL names no valid host.');
  const isSsh = protocol === 'ssh:';
  if (password !== '' || (!isSsh && username !== '')) {
    throw refused('a URL must not hold a name, a password or a token: set the GitHub token in the settings.');
  }
  if (username !== '' && !userName.test(username)) throw refused('the URL names no valid user.');
  if (search !== '' || hash !== '') throw refused('a URL of a repository has no ? and no #.');
  return {
    address: url.href,
    protocol: isSsh ? 'ssh' : protocol === 'https:' ? 'https' : 'http',
    origin: isSsh ? null : url.origin,
    folder: folderOf(url.pathname),
  };
}

function folderOf(address: string): string {
  const name = (address.split(/[/:]/).findLast((part) => part !== '' && part !== '.git') ?? '').replace(
    /\.git$/,
    '',
  );
  if (!folderName.test(name)) throw refused(`"${name}" can't be the name of a folder.`);
  return name;
}

/** What git allows in the name of a branch or a tag, and nothing that could pass for an option. */
const refName = /^(?!-|\/|\.|@$)(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[^\s\p{C}~^:?*[\\]+(?<![./])$/u;

/** Throws `invalid_request` with `details.field` = `selected_branch`. */
export function checkBranch(branch: string): void {
  if (refName.test(branch) && branch.length <= 250) return;
  throw refused('this is no name of a branch.', 'selected_branch');
}

function refused(why: string, field = 'selected_repository'): ConveneError {
  return new ConveneError('invalid_request', `${field}: ${why}`, { details: { field } });
}
