/**
 * What processes that ended in the middle of something left in the directory. Only what belongs to a process that is
 * gone is removed, or what has not been touched for a day: another process may be writing here right now.
 */
import { join } from 'node:path';
import { scratchPrefix, temporaryPrefix } from './capture-folder.ts';
import type { Disk } from './disk.ts';
import { ownerState } from './owner.ts';

const dayMs = 24 * 3600 * 1000;

export interface LeftoverOptions {
  readonly directory: string;
  /** Names in the directory. */
  readonly names: readonly string[];
  /** Unix milliseconds. */
  readonly wallMs: number;
  readonly disk: Disk;
}

export function isTemporary(name: string): boolean {
  return name.startsWith(temporaryPrefix) || name.startsWith(scratchPrefix);
}

/** How many were removed. What cannot be removed stays for the next time. */
export async function removeLeftovers({ directory, names, wallMs, disk }: LeftoverOptions): Promise<number> {
  let removed = 0;
  for (const name of names.filter(isTemporary)) {
    const path = join(directory, name);
    try {
      const state = ownerState(markOf(name));
      const isOld = wallMs - (await disk.lstat(path)).mtimeMs > dayMs;
      if (state === 'ours' || (state !== 'gone' && !isOld)) continue;
      await disk.rm(path, { recursive: true, force: true });
      removed++;
    } catch {
      // Another process was faster, or it cannot be removed: either way it is no capture.
    }
  }
  return removed;
}

/** Between the prefix and the random part. */
function markOf(name: string): string {
  return name.slice(name.indexOf('-') + 1, name.lastIndexOf('-'));
}
