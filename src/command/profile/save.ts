/** Writes a download whole or not at all, and over nothing that is there unless told to. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AdminFailure } from '../admin/admin-failure.ts';

export interface SaveOptions {
  readonly path: string;
  /** Replaces a file that is there. */
  readonly force: boolean;
}

/** Rejects with a AdminFailure, before a byte is loaded when there is a file already. */
export async function requireFree({ path, force }: SaveOptions): Promise<void> {
  const existing = await stat(path).catch(() => null);
  if (existing?.isDirectory() === true) throw new AdminFailure(`${path} is a directory: name a file with -o`);
  if (existing !== null && !force) throw taken(path);
}

/** Returns the number of bytes. Rejects with a AdminFailure; then there is no new file. */
export async function save(source: Readable, { path, force }: SaveOptions): Promise<number> {
  const temporary = join(dirname(path), `.meshlock-${randomBytes(6).toString('hex')}.part`);
  try {
    // Profiles tell about a program: for its user only.
    const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
    await pipeline(source, file);
    if (force) await rename(temporary, path);
    else await placeNew(temporary, path);
    return file.bytesWritten;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(path);
    throw new AdminFailure(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A link fails when somebody made that file in the meantime; a rename, where there are no links, would not. */
async function placeNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
    await rename(temporary, path);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function taken(path: string): AdminFailure {
  return new AdminFailure(`${path} exists: use --force to overwrite it, or name another file with -o`);
}
