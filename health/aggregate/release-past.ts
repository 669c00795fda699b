/**
 * Which windows of history may stand beside the aggregator's own counts, and what is to be said of it. History answers
 * for whole minutes of which nobody has reported here: so a call counts once, and both arms of a window are of one source
 * (a caller counts its calls to both versions, and both counts come from one scrape of it). Who is to blame is never
 * inferred from it, because that compares nodes, and two of them are never scraped at one moment. Pure.
 */
import { epochMs } from '../observe/viewpoint.ts';
import type { ReleaseInput, ReleaseWindow } from '../verdict/release-input.ts';
import { count, percent } from '../verdict/words.ts';
import type { HistoryStatus } from './history-keeper.ts';

/** A window of history is a minute, which begins with a whole one. */
const minuteEpochs = 6;

export interface Span {
  /** Both inclusive. */
  readonly from: number;
  readonly to: number;
}

function minuteOf(epoch: number): number {
  return epoch - (epoch % minuteEpochs);
}

/** Whether nobody reported on a whole minute of the span. `covered`: minutes, by their first epoch. */
export function hasGap({ from, to }: Span, covered: ReadonlySet<number>): boolean {
  for (let minute = minuteOf(from); minute + minuteEpochs - 1 <= to; minute += minuteEpochs)
    if (!covered.has(minute)) return true;
  return false;
}

/**
 * Windows of the span in minutes that nobody reported on. The one right after a minute that was reported is left out: up
 * to its first scrape it holds calls of the minute before.
 */
export function windowsOfGaps(
  windows: readonly ReleaseWindow[],
  { from, to }: Span,
  covered: ReadonlySet<number>,
): readonly ReleaseWindow[] {
  return windows.filter(
    ({ epoch }) =>
      epoch >= from &&
      epoch + minuteEpochs - 1 <= to &&
      !covered.has(minuteOf(epoch)) &&
      !covered.has(minuteOf(epoch) - minuteEpochs),
  );
}

/** Of one service. */
export interface PastStanding {
  readonly status: HistoryStatus;
  /** Why its past could not be read when it was last tried; empty: it could. */
  readonly reason: string;
  readonly hasPast: boolean;
}

export interface PastUse extends PastStanding {
  /** Epochs of the windows that came from history. */
  readonly used: ReadonlySet<number>;
}

/** What a verdict says of history: that part of it comes from there, or that it does without. */
export function pastReasons(input: ReleaseInput, use: PastUse): readonly string[] {
  return [...sourceReasons(input, use), ...lostBaselineReasons(input, use)];
}

/** What is said where the answer does without. */
export function absenceReasons({ status, reason, hasPast }: PastStanding): readonly string[] {
  if (status.state === 'off') return [];
  if (reason !== '' && !hasPast)
    return [`Minutes without reports are left out: the history cannot be read (${reason}).`];
  if (!hasPast)
    return [`Minutes without reports are left out: the history (${status.engine}) is being read.`];
  return reason === '' ? [] : [`The history was read some time ago, and cannot be read now (${reason}).`];
}

function sourceReasons(input: ReleaseInput, use: PastUse): readonly string[] {
  const versions = new Set([input.release.version, input.baselineVersion]);
  const windows = input.windows.filter(({ epoch }) => use.used.has(epoch));
  let calls = 0;
  for (const { strata } of windows) {
    for (const stratum of strata) if (versions.has(stratum.version)) calls += stratum.calls;
  }
  const [first] = windows;
  const last = windows.at(-1);
  if (calls === 0 || first === undefined || last === undefined) return absenceReasons(use);
  const from = time(first.epoch);
  const to = time(last.epoch + minuteEpochs);
  const sentence =
    `${count(calls, 'call')} of ${count(windows.length, 'minute')} without reports, ${from} to ${to}, ` +
    `come from history (${use.status.engine}).`;
  return [sentence, ...absenceReasons(use)];
}

/** A baseline that is gone cannot be compared with; what it was like is worth knowing all the same. */
function lostBaselineReasons(input: ReleaseInput, { used }: PastUse): readonly string[] {
  const { release, baselineVersion, windows } = input;
  const since = windows.find(({ strata }) =>
    strata.some(({ version, calls }) => version === release.version && calls > 0),
  );
  if (since === undefined || baselineVersion === '') return [];
  let calls = 0;
  let failures = 0;
  for (const { epoch, strata } of windows) {
    for (const stratum of strata) {
      if (stratum.version !== baselineVersion) continue;
      if (epoch >= since.epoch && stratum.calls > 0) return [];
      if (!used.has(epoch)) continue;
      calls += stratum.calls;
      failures += stratum.failures;
    }
  }
  if (calls === 0) return [];
  return [
    `${baselineVersion} has had no calls since ${release.version} came; before, by history, it failed ` +
      `${percent(failures / calls)} of ${count(calls, 'call')}: another time, so no evidence either way.`,
  ];
}

function time(epoch: number): string {
  return new Date(epoch * epochMs).toISOString().replace(/:00\.000Z$/, 'Z');
}
