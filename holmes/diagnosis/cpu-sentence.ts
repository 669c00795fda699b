/** The sentences about time. */
import type { CpuTimes } from '../profile/cpu-times.ts';
import type { DiagnosisContext } from './context.ts';
import type { Suspect } from './diagnosis.ts';
import { opening } from './opening.ts';
import { functionAtPosition, positionInFunction } from './place-name.ts';
import { duration, percent } from './words.ts';

export interface CpuFinding {
  readonly suspect: Suspect;
  /** Function of Node or V8 that the time went through; empty: none. */
  readonly through: string;
  /** What the share is of, in microseconds. */
  readonly wholeUs: number;
  /** In one call that lasted as long. */
  readonly stuck: boolean;
  /** What the collector took beside, of the same time; 0: not worth a word. */
  readonly garbageShare: number;
}

/** `data thread 2 spent 94 % of 5 s in the regular expression at filters/user/audit.ts:31, in function audit (baseline 0.2 %)`. */
export function cpuSentence(finding: CpuFinding, context: DiagnosisContext): string {
  const { suspect, wholeUs, stuck } = finding;
  const waits = context.kernel?.kind === 'sleeping' && mayWait(suspect);
  const time = duration(wholeUs / 1000);
  const verb = stuck
    ? `was ${waits ? 'waiting' : 'stuck'} for ${time}`
    : `${waits ? 'waited' : 'spent'} ${percent(suspect.share)} of ${time}`;
  const garbage =
    finding.garbageShare === 0 ? '' : `, and ${percent(finding.garbageShare)} collecting garbage`;
  return `${begin(context)} ${verb} ${doing(finding, waits)}${baselineOf(suspect.before)}${garbage}`;
}

export interface GarbageFinding {
  readonly share: number;
  readonly before: number | null;
  readonly wholeUs: number;
  /** What works most beside. */
  readonly next: Suspect | null;
}

export function garbageSentence(
  { share, before, wholeUs, next }: GarbageFinding,
  context: DiagnosisContext,
): string {
  const spent = `${begin(context)} spent ${percent(share)} of ${duration(wholeUs / 1000)} collecting garbage`;
  const beside =
    next === null
      ? ''
      : `, most likely for ${functionAtPosition(next.place, next.owner)}, which took ${percent(next.share)}`;
  return `${spent}${baselineOf(before)}: the heap is churning${beside}`;
}

/** Nothing stands out. */
export function spreadSentence(top: Suspect | null, times: CpuTimes, context: DiagnosisContext): string {
  const busy = times.durationUs - times.idleUs;
  const was = `${begin(context)} was busy for ${percent(busy / times.durationUs)} of ${duration(times.durationUs / 1000)}`;
  if (top === null) return `${was}, in native code that belongs to no function: unclear`;
  const most = `the most, ${percent(top.share)}, in ${functionAtPosition(top.place, top.owner)}`;
  return `${was}, but no place stands out: ${most}${baselineOf(top.before)}: unclear`;
}

/** There is no work to blame. */
export function quietSentence(times: CpuTimes, context: DiagnosisContext): string {
  if (times.durationUs === 0) return `${begin(context)} gave a profile without samples: unclear`;
  const part = percent((times.durationUs - times.idleUs) / times.durationUs);
  const kernel = context.kernel;
  const waits =
    kernel?.kind === 'starved'
      ? '; it was ready to run and got no core'
      : kernel?.kind === 'sleeping'
        ? '; it was waiting in the kernel'
        : '';
  return `${begin(context)} was at work for ${part} of ${duration(times.durationUs / 1000)}${waits}: unclear`;
}

function begin(context: DiagnosisContext): string {
  const what = opening(context);
  return what === '' ? context.title : `${what}${context.occasion === 'exception' ? 'before that ' : ''}it`;
}

function doing({ suspect, through }: CpuFinding, waits: boolean): string {
  const at = positionInFunction(suspect.place, suspect.owner);
  switch (suspect.construct) {
    case 'regular expression':
      return `in the regular expression at ${at}`;
    case 'loop':
      return `in the loop at ${at}`;
    case 'JSON':
      return `in ${through === '' ? 'JSON' : through} at ${at}`;
    case 'synchronous crypto':
      return `in the synchronous cryptography${named(through)} at ${at}`;
    case 'synchronous file access':
      return `in the synchronous file access${named(through)} at ${at}`;
    case 'child process':
      return `${waits ? '' : 'waiting '}for a child process${named(through)} at ${at}`;
    case 'timers':
      return `in timers set at ${at}`;
    case 'promises':
      return `in promises awaited at ${at}`;
    default:
      return `in ${functionAtPosition(suspect.place, suspect.owner)}`;
  }
}

function mayWait(suspect: Suspect): boolean {
  return suspect.construct === 'child process' || suspect.construct === 'synchronous file access';
}

function named(through: string): string {
  return through.endsWith('Sync') ? ` (${through})` : '';
}

function baselineOf(before: number | null): string {
  return before === null ? '' : ` (baseline ${percent(before)})`;
}
