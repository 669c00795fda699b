/**
 * What a CPU profile means: which function took the time that it did not take before, at which line, doing what. Time is
 * compared as shares of the whole window, idle time included: a thread at rest has no culprit.
 */
import { garbageKey } from '../baseline/profile-baseline.ts';
import { cpuCharges } from '../profile/cpu-charges.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import { type CpuTimes, cpuTimes } from '../profile/cpu-times.ts';
import { longestCall } from '../profile/longest-call.ts';
import {
  cpuSentence,
  type CpuFinding,
  garbageSentence,
  quietSentence,
  spreadSentence,
} from './cpu-sentence.ts';
import { type CpuSpot, cpuSpots } from './cpu-spots.ts';
import type { DiagnosisContext } from './context.ts';
import type { Diagnosis, Suspect } from './diagnosis.ts';
import { diagnoseStacks } from './diagnose-stacks.ts';
import { placeOf } from './place-name.ts';

/** Of all time: below it a place is not worth waking anybody for. */
const minGrowth = 0.02;
/** Of what grew: a single place stands out when it has so much, or less and twice as much as the next. */
const clearPart = 0.5;
const leadingPart = 0.25;
/** Of all work, native code that belongs to no function included: whoever has less is not the matter. */
const minWorkPart = 0.1;
/** A call that lasts so long stops everything else on the thread, whatever its share of the window. */
const minStuckUs = 250_000;
const surelyStuckUs = 1_000_000;
/** Of all work: more than that is not what a healthy heap costs. */
const garbagePart = 0.3;
/** Of all time: worth a word beside the culprit. */
const garbageBeside = 0.1;
const maxSuspects = 5;

interface Ranked {
  readonly spot: CpuSpot;
  readonly share: number;
  readonly growth: number;
}

export function diagnoseCpu(profile: CpuProfile, context: DiagnosisContext): Diagnosis {
  const whole = cpuTimes(profile);
  const stuck = stuckFinding(profile, whole, context);
  if (stuck !== null) return stuck;
  const busyUs = whole.durationUs - whole.idleUs;
  const ranked = rank(whole, context);
  const suspects = ranked.slice(0, maxSuspects).map(({ spot, share }) => suspectOf(spot, share, context));
  const wholeUs = whole.durationUs;
  if (wholeUs === 0 && context.stacks.length > 0)
    return diagnoseStacks(context.stacks, context.kernel, context);
  if (wholeUs === 0 || busyUs / wholeUs < minGrowth)
    return { certainty: 'unclear', sentence: quietSentence(whole, context), suspects };
  const garbage = garbageSuspect(whole, ranked, context);
  if (garbage !== null) {
    const finding = { share: garbage.share, before: garbage.before, wholeUs, next: suspects[0] ?? null };
    return {
      certainty: 'named',
      sentence: garbageSentence(finding, context),
      suspects: [garbage, ...suspects].slice(0, maxSuspects),
    };
  }
  const [first] = ranked;
  if (first === undefined || !standsOut(ranked, whole))
    return { certainty: 'unclear', sentence: spreadSentence(suspects[0] ?? null, whole, context), suspects };
  const finding: CpuFinding = {
    suspect: suspects[0]!,
    through: first.spot.through,
    wholeUs,
    stuck: false,
    garbageShare: garbageBesideOf(whole, context),
  };
  return { certainty: 'named', sentence: cpuSentence(finding, context), suspects };
}

/** Where one call held the thread, that call is the matter, however short against the window. */
function stuckFinding(profile: CpuProfile, whole: CpuTimes, context: DiagnosisContext): Diagnosis | null {
  if (context.occasion !== 'stall' && context.occasion !== 'event_loop_delay') return null;
  const call = longestCall(profile, whole);
  if (call === null || !wasStuck(call.us, context)) return null;
  const times = cpuTimes(profile, call);
  const ranked = rank(times, context, whole.durationUs);
  const [first] = ranked;
  if (first === undefined || first.spot.us < clearPart * times.durationUs) return null;
  const suspects = ranked.slice(0, maxSuspects).map(({ spot, share }) => suspectOf(spot, share, context));
  const finding = {
    suspect: suspects[0]!,
    through: first.spot.through,
    wholeUs: times.durationUs,
    stuck: true,
    garbageShare: 0,
  };
  return { certainty: 'named', sentence: cpuSentence(finding, context), suspects };
}

/** Many short calls, one after the other, look like a long one to a sampler: the delay of the event loop tells them apart. */
function wasStuck(us: number, { occasion, readings }: DiagnosisContext): boolean {
  if (occasion === 'stall') return us >= minStuckUs;
  const delays = (readings.values.event_loop_delay_max ?? []).filter((ms) => !Number.isNaN(ms));
  return us >= surelyStuckUs || (us >= minStuckUs && Math.max(0, ...delays) * 1000 >= us * 0.7);
}

/** Most growth first. Shares are of the times themselves; growth too. */
function rank(times: CpuTimes, context: DiagnosisContext, againstUs = times.durationUs): readonly Ranked[] {
  const spots = cpuSpots(cpuCharges(times), context);
  return spots
    .map((spot) => {
      const share = times.durationUs === 0 ? 0 : spot.us / times.durationUs;
      // What is normal over the whole window may well be so much in a part of it.
      const normal = (spot.before ?? 0) * Math.max(1, againstUs / Math.max(1, times.durationUs));
      return { spot, share, growth: share - Math.min(share, normal) };
    })
    .sort((a, b) => b.growth - a.growth || b.share - a.share);
}

/** Against all places that grew. The collector does not count: it works for them. */
function standsOut(ranked: readonly Ranked[], times: CpuTimes): boolean {
  const [first, second] = ranked;
  if (first === undefined || first.growth < minGrowth) return false;
  if (first.spot.us < minWorkPart * (times.durationUs - times.idleUs)) return false;
  const part = first.growth / ranked.reduce((sum, one) => sum + one.growth, 0);
  return part >= clearPart || (part >= leadingPart && first.growth >= 2 * (second?.growth ?? 0));
}

/** What the collector took more than it always does, when that is worth a word; else 0. */
function garbageBesideOf(times: CpuTimes, context: DiagnosisContext): number {
  const share = times.garbageUs / times.durationUs;
  return share - (context.baseline.cpuShare(garbageKey) ?? 0) >= garbageBeside ? share : 0;
}

function garbageSuspect(
  times: CpuTimes,
  ranked: readonly Ranked[],
  context: DiagnosisContext,
): Suspect | null {
  const share = times.garbageUs / times.durationUs;
  const before = context.baseline.cpuShare(garbageKey);
  const growth = share - (before ?? 0);
  const busyUs = times.durationUs - times.idleUs;
  if (growth < minGrowth || times.garbageUs < garbagePart * busyUs) return null;
  // Who works a third as much as the collector, and more than others, makes the garbage: a person can mend the code, not the collector.
  const [first] = ranked;
  if (first !== undefined && first.growth >= growth / 3 && standsOut(ranked, times)) return null;
  const place = { functionName: '(garbage collector)', file: '', line: 0, url: '' };
  const amount = times.garbageUs / 1000;
  return { place, construct: 'garbage collection', share, before, amount, owner: '' };
}

function suspectOf(spot: CpuSpot, share: number, context: DiagnosisContext): Suspect {
  const place = placeOf(context, spot.made, spot.line);
  const { construct, before } = spot;
  return { place, construct, share, before, amount: spot.us / 1000, owner: context.ownerOf(spot.made.url) };
}
