/**
 * The part of the file system that the store needs, as a parameter: a test takes the place of a disk that is full, slow
 * or broken.
 */
import * as fs from 'node:fs/promises';

export type Disk = Pick<
  typeof fs,
  | 'chmod'
  | 'copyFile'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'readFile'
  | 'rename'
  | 'rm'
  | 'statfs'
  | 'unlink'
>;

export const machineDisk: Disk = fs;

/** `ENOENT` and the like; empty for what is no error of the system. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error));
}

/** Nothing is there, or its folder is not. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error));
}

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EEXIST: 'a file stands where the directory should be',
  EMFILE: 'the process has too many open files',
  ENFILE: 'the machine has too many open files',
  EIO: 'the disk reports an input/output error',
  EFBIG: 'the file is larger than the process may write',
};

/** Why, for people: `the disk is full (ENOSPC)`. */
export function meaningOf(error: unknown): string {
  const code = errorCode(error);
  const meaning = meanings[code];
  if (meaning !== undefined) return `${meaning} (${code})`;
  return error instanceof Error ? error.message : String(error);
}
