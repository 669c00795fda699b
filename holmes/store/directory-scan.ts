/** What a store finds in its directory when it opens. Nothing is changed here. */
import type { CaptureFolders, StoredCapture } from './capture-folder.ts';
import { isCaptureId } from './capture-id.ts';
import { isTemporary } from './leftovers.ts';
import { ownerState } from './owner.ts';

/**
 * A process of another host cannot be asked whether it lives, so its captures are left alone for so long; then they
 * count as ours, because nobody else will ever remove them: in a container every restart may be another host.
 */
const adoptionMs = 24 * 3600 * 1000;

export interface Found {
  /** Oldest first; at most `maxCount` of ours and as many of others, the newest of each. */
  readonly captures: readonly (StoredCapture & { readonly isOthers: boolean })[];
  /** Ours beyond that number. */
  readonly surplus: readonly string[];
  /** Names of what is no capture of this version: damaged, or somebody else's. Left alone. */
  readonly foreign: readonly string[];
}

export interface ScanOptions {
  readonly names: readonly string[];
  readonly folders: CaptureFolders;
  readonly maxCount: number;
  /** Unix milliseconds. */
  readonly wallMs: number;
}

export async function scanDirectory({ names, folders, maxCount, wallMs }: ScanOptions): Promise<Found> {
  const captures: (StoredCapture & { readonly isOthers: boolean })[] = [];
  const surplus: string[] = [];
  const foreign: string[] = [];
  const counts = { ours: 0, others: 0 };
  // Ids begin with the time. The newest are looked at first, so that no more records are held than are wanted.
  for (const name of names
    .filter((each) => !isTemporary(each))
    .sort()
    .reverse()) {
    const found = isCaptureId(name) ? await folders.look(name) : null;
    if (found === null) {
      foreign.push(name);
      continue;
    }
    const isOthers = isOfOthers(ownerState(found.owner), wallMs - found.record.at);
    const side = isOthers ? 'others' : 'ours';
    if (counts[side]++ < maxCount) captures.push({ record: found.record, bytes: found.bytes, isOthers });
    else if (!isOthers) surplus.push(name);
  }
  return { captures: captures.reverse(), surplus, foreign };
}

function isOfOthers(state: ReturnType<typeof ownerState>, ageMs: number): boolean {
  return state === 'live' || (state === 'elsewhere' && ageMs < adoptionMs);
}
