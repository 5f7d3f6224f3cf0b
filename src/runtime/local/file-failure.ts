/** What a file operation failed with, in words for whoever asked for it. */
import { ConveneError } from '../../errors.ts';
import { errnoOf } from './errno.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'There is no file or folder',
  ENOTDIR: 'A part of the path is no folder',
  EISDIR: 'This is a folder, not a file',
  EACCES: 'Access is denied',
  EPERM: 'This is not permitted',
  EROFS: 'The file system is read-only',
  EEXIST: 'This exists already',
  ELOOP: 'The path leads over a symbolic link',
  ENAMETOOLONG: 'The name is too long',
  ENOSPC: 'No space is left for this',
  EDQUOT: 'The quota does not allow this',
  ETXTBSY: 'This program is running',
  ENXIO: 'This is no regular file',
};

/** `error` as a `ConveneError` about `path`; what is neither that nor a known failure of files is thrown on. */
export function fileFailure(error: unknown, path: string): ConveneError {
  if (error instanceof ConveneError) return error;
  const code = errnoOf(error);
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) throw error;
  const known = code === 'ENOENT' ? 'file_not_found' : 'invalid_request';
  return new ConveneError(known, `${reason}: ${path}`, { cause: error, details: { path } });
}

/** Carries out something on `path`; fails with a `ConveneError` where files can fail. */
export async function onFile<Result>(path: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw fileFailure(error, path);
  }
}
