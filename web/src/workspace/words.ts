/** What went wrong with files, in words for the person who sees it. */
import { ClientError } from 'convene/client';

const words: Readonly<Record<string, string>> = {
  workspace_elsewhere:
    'The files are on a server that does not answer right now. They are shown again as soon as it does.',
  runtime_unavailable: 'The workspace can’t be reached right now.',
  conversation_not_found: 'This conversation was deleted.',
  file_not_found: 'This file is not there any more.',
  path_outside_workspace: 'This leads out of the workspace, and is not shown.',
  payload_too_large: 'This file is too large to be shown here. Download it instead.',
  unreachable: 'The server can’t be reached. Trying again…',
  timed_out: 'The server does not answer in time. Trying again…',
};

export function wordsOf(error: unknown): string {
  if (!(error instanceof ClientError)) return 'Something went wrong here. Reload the page.';
  return words[error.code] ?? error.message;
}

/** Whether waiting may help: the question is asked again by itself. */
export function mayPass(error: unknown): boolean {
  const passing = ['workspace_elsewhere', 'runtime_unavailable', 'unreachable', 'timed_out'];
  return error instanceof ClientError && passing.includes(error.code);
}
