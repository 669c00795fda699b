/** What the numbers of a release say: both tests, and whether it is the version or only a node. */
import { type BoundInput, chanceBelow, failureBound, needRequests } from './beta-bound.ts';
import { EProcess } from './e-process.ts';
import { type LoneNode, loneNode } from './lone-node.ts';
import type { ReleaseInput } from './release-input.ts';
import { canaryUntil, type ReleaseTally, tallyOf } from './tally.ts';
import type { ArmEvidence, Verdict } from './verdict.ts';
import type { VerdictSettings } from './verdict-settings.ts';

/** Before it is decided what to do about it. */
export interface Finding {
  readonly verdict: Verdict;
  readonly canary: ArmEvidence;
  readonly baseline: ArmEvidence;
  /** The strongest that the evidence has been, and what it has become since. */
  readonly eValue: number;
  readonly eValueNow: number;
  readonly oddsRatioAtLeast: number;
  readonly needRequests: number;
  /** Calls of the canary that only its application counted: they do not make it pass. */
  readonly unproven: number;
  readonly dispersion: number;
  readonly strata: number;
  /** The evidence suffices for a fail, whether or not it is called one. */
  readonly worse: boolean;
  /** An arm has too few nodes to tell its version from a bad node. */
  readonly fewNodes: boolean;
  /** The canary's node that has the failures, if one has. */
  readonly lone: LoneNode | null;
  /** Share of the canary's calls that fail at most, as it stood at the end of the last step; 1 before the first. */
  readonly bound: number;
  /** At the end of the last step there were enough calls, and few enough failures. */
  readonly passed: boolean;
}

export function findOut(input: ReleaseInput, settings: VerdictSettings): Finding {
  const tally = tallyOf(input);
  const { dispersion } = tally;
  const eValue = tally.peak;
  const worse = eValue >= 1 / settings.alpha;
  const canary = armOf(input.release.version, tally, 'canary');
  const baseline = armOf(input.baselineVersion, tally, 'baseline');
  const fewNodes = canary.nodes < settings.minNodesPerArm || baseline.nodes < settings.minNodesPerArm;
  const lone = worse ? blamableNode(tally, settings.alpha) : null;
  const end = lastStepEnd(input, tally.firstEpoch, settings.stepEpochs);
  const { applicationsSuffice } = settings;
  const atEnd = end === null ? null : { ...canaryUntil(input, end, applicationsSuffice), dispersion };
  const unproven = applicationsSuffice ? 0 : tally.applicationOnly;
  const passed = atEnd !== null && chanceBelow(atEnd, settings.margin) > settings.confidence;
  return {
    verdict: verdictOf({ worse, sure: !fewNodes && lone === null, passed }),
    canary,
    baseline,
    eValue,
    eValueNow: tally.process.evidence(dispersion),
    oddsRatioAtLeast: tally.process.oddsRatioAtLeast(dispersion, settings.alpha),
    needRequests: needRequests(boundInput(tally, unproven), settings.margin, settings.confidence),
    unproven,
    dispersion,
    strata: tally.strata,
    worse,
    fewNodes,
    lone,
    bound: atEnd === null ? 1 : failureBound(atEnd, settings.confidence),
    passed,
  };
}

/** The node that explains why the canary is worse: without it, the sums of both arms no longer say so. */
function blamableNode(tally: ReleaseTally, alpha: number): LoneNode | null {
  const { canary, baseline, dispersion } = tally;
  const lone = loneNode(canary.nodes, dispersion, alpha);
  if (lone === null) return null;
  const others = new EProcess();
  others.add('others', {
    canaryCalls: canary.calls - lone.calls,
    canaryFailures: canary.failures - lone.failures,
    baselineCalls: baseline.calls,
    baselineFailures: baseline.failures,
  });
  return others.evidence(dispersion) < 1 / alpha ? lone : null;
}

/** What is worse than the baseline never passes, even where too little is known to blame the version. */
function verdictOf(found: { worse: boolean; sure: boolean; passed: boolean }): Verdict {
  if (found.worse) return found.sure ? 'fail' : 'inconclusive';
  return found.passed ? 'pass' : 'inconclusive';
}

function armOf(version: string, tally: ReleaseTally, arm: 'canary' | 'baseline'): ArmEvidence {
  const { calls, failures, nodes } = tally[arm];
  return { version, calls, failures, nodes: nodes.filter((node) => node.calls > 0).length };
}

/** Failures count wherever they were seen, good calls only where nothing can have been lost before. */
function boundInput({ canary, dispersion }: ReleaseTally, unproven: number): BoundInput {
  return { calls: Math.max(canary.calls - unproven, canary.failures), failures: canary.failures, dispersion };
}

/** Epoch of the last step's end; null: none has ended since the canary's first call. */
export function lastStepEnd(input: ReleaseInput, firstEpoch: number, stepEpochs: number): number | null {
  if (firstEpoch < 0) return null;
  if (input.stepEnds !== null) {
    return input.stepEnds.findLast((epoch) => epoch >= firstEpoch && epoch <= input.lastEpoch) ?? null;
  }
  const steps = Math.floor((input.lastEpoch - firstEpoch + 1) / stepEpochs);
  return steps < 1 ? null : firstEpoch + steps * stepEpochs - 1;
}
