/**
 * Which process a folder belongs to, so that processes that share a directory leave one another's captures alone, and
 * what dead ones left behind can be removed. Process ids are used again, also by the same program after a restart in a
 * container; the kernel's start time tells the two apart.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './disk.ts';

/** `live`: runs, or cannot be looked at from this host. */
export type OwnerState = 'ours' | 'gone' | 'live' | 'elsewhere';

const form: RegExp = /^([0-9a-f]{8})-(\d{1,10})-(\d{1,20})$/;

/** `<host>-<pid>-<start>` of this process: safe in a file name. */
export function ownMark(): string {
  return `${hostMark()}-${process.pid}-${startOf(process.pid) ?? '0'}`;
}

/** `gone` for what is no mark at all. */
export function ownerState(mark: string): OwnerState {
  const [, host, pid, start] = form.exec(mark) ?? [];
  if (host === undefined || pid === undefined) return 'gone';
  if (host !== hostMark()) return 'elsewhere';
  if (mark === ownMark()) return 'ours';
  const startNow = startOf(Number(pid));
  if (startNow !== null && start !== '0') return startNow === start ? 'live' : 'gone';
  return isRunning(Number(pid)) ? 'live' : 'gone';
}

function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** Clock ticks from boot to the start of the process; `null` where there is no such process or no /proc. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces and parentheses itself: count behind the last one.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
