/** Why git could not clone, read from what it wrote (in English: `LC_ALL=C`), as a person is told. */
import { CloneError, type CloneFailure, type RepositorySelection } from '../../repositories.ts';

export interface FailedClone extends RepositorySelection {
  /** What git wrote, or the end of it. */
  readonly output: string;
  /** Whether the user's token was at hand. */
  readonly hadToken: boolean;
}

/** The first that fits. */
const signs: readonly (readonly [CloneFailure, RegExp])[] = [
  ['branch missing', /Remote branch .* not found/i],
  [
    'unreachable',
    /Could ?n[o']t (resolve|connect)|Failed to connect|Could not resolve host(name)?|timed out/i,
  ],
  ['unreachable', /Connection (refused|reset|closed)|No route to host|Network is unreachable/i],
  ['unreachable', /SSL certificate problem|SSL connect error|certificate verification failed|handshake/i],
  ['no access', /could not read (Username|Password)|Authentication failed|Permission denied/i],
  ['no access', /Host key verification failed|error: 40[13]|dubious ownership|Invalid username or/i],
  ['not found', /not found|does not exist|does not appear to be a git repository|error: 404/i],
  ['refused', /transport '.*' not allowed/i],
];

/** What git said of it, at most. */
const MAX_QUOTED = 500;

export function cloneFailure({ branch, hadToken, output, repository }: FailedClone): CloneError {
  const reason = signs.find(([, sign]) => sign.test(output))?.[0] ?? 'other';
  const said = saidIn(output);
  const quoted = said === '' ? '' : ` git said: ${said}`;
  const why = whyOf(reason, branch, hadToken);
  return new CloneError(reason, `Could not clone ${repository}: ${why}${quoted}`);
}

function whyOf(reason: CloneFailure, branch: string | null, hadToken: boolean): string {
  switch (reason) {
    case 'branch missing':
      return `it has no branch ${branch}.`;
    case 'unreachable':
      return 'its host could not be reached.';
    case 'no access':
      return hadToken
        ? 'access was denied. Check that the GitHub token in the settings is valid and may read it.'
        : 'it does not exist, or it needs access rights that are not there. For a private repository of GitHub, set a token in the settings.';
    case 'not found':
      return hadToken
        ? 'there is no such repository, or the GitHub token in the settings may not read it.'
        : 'there is no such repository, or it is private.';
    case 'refused':
      return 'it leads to a protocol that is not allowed.';
    default:
      return 'git failed.';
  }
}

function saidIn(output: string): string {
  const lines = output
    .split(/[\r\n]+/)
    .filter((line) => /^(fatal|error|remote|ssh|warning: Could)\b/.test(line));
  return lines
    .filter((line) => !/%|^remote: (Enumerating|Total)/.test(line))
    .slice(-3)
    .join(' ')
    .slice(0, MAX_QUOTED);
}
