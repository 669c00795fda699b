/** The finding in sentences, the most important first. */
import type { Finding } from './finding.ts';
import type { ArmEvidence } from './verdict.ts';
import type { VerdictSettings } from './verdict-settings.ts';
import { count, odds, percent, times } from './words.ts';

export function findingReasons(finding: Finding, settings: VerdictSettings): readonly string[] {
  const { canary, baseline } = finding;
  if (canary.calls === 0) return [`${canary.version} has had no calls yet: nothing is known of it.`];
  const reasons = finding.worse ? worseReasons(finding) : passReasons(finding, settings);
  const compared = `${shareOf(canary)}; ${shareOf(baseline)}.`;
  const notes: string[] = [];
  if (finding.unproven > 0 && !finding.passed && !finding.worse) {
    notes.push(
      `Only the called applications counted ${count(finding.unproven, 'call')} of ${canary.version}: what was lost before ` +
        'them is not known, so these do not make it pass.',
    );
  }
  if (finding.worse && finding.eValueNow < 1 / settings.alpha) {
    notes.push('Since then the evidence has become weaker: to judge only what came later, ask with `since`.');
  }
  if (finding.strata === 0 && baseline.calls > 0)
    notes.push(
      `No caller has called both ${canary.version} and ${nameOf(baseline)}: they cannot be compared.`,
    );
  if (finding.fewNodes && finding.strata > 0) notes.push(fewNodesReason(finding, settings));
  if (finding.dispersion >= 1.5) {
    notes.push(`Failures come in bursts: ${finding.dispersion.toFixed(1)} of them count as one.`);
  }
  return [...reasons, compared, ...notes];
}

function worseReasons(finding: Finding): readonly string[] {
  const { canary, baseline, lone } = finding;
  const calls = count(canary.calls, 'call');
  const evidence = `evidence ${odds(finding.eValue)} to 1 after ${calls}`;
  const ratio = rateRatio(finding.oddsRatioAtLeast, baseline);
  const often = ratio > 1.05 ? `at least ${times(ratio)} as often as` : 'more often than';
  const reasons = [`${canary.version} fails ${often} ${nameOf(baseline)}: ${evidence}.`];
  if (lone !== null) {
    reasons.unshift(
      `${lone.node} has ${count(lone.failures, 'failure')} of the ${Math.round(canary.failures)} of ${canary.version}: ` +
        'a bad node explains it, so the version is not blamed.',
    );
  }
  return reasons;
}

/** An odds ratio as a ratio of rates, given how often the baseline fails: the same while failures are rare. */
function rateRatio(oddsRatio: number, baseline: ArmEvidence): number {
  const base = baseline.calls > 0 ? baseline.failures / baseline.calls : 0;
  return oddsRatio / (1 - base + base * oddsRatio);
}

function passReasons(finding: Finding, settings: VerdictSettings): readonly string[] {
  const { canary, baseline } = finding;
  const margin = percent(settings.margin);
  if (finding.passed) {
    const sure = `${percent(settings.confidence)} sure`;
    return [
      `${canary.version} fails at most ${percent(finding.bound)} of its calls (${sure}), less than the ${margin} allowed.`,
    ];
  }
  const notWorse = `No evidence that ${canary.version} is worse than ${nameOf(baseline)}`;
  if (finding.needRequests === 0)
    return [`${notWorse}; it has enough calls, and passes at the end of the step if that stays so.`];
  const need = count(finding.needRequests, 'more call');
  const reasons = [
    `${notWorse}, and not enough calls to pass: ${need} without failure needed for less than ${margin}.`,
  ];
  if (baseline.calls > 0 && baseline.failures / baseline.calls > settings.margin) {
    reasons.push(
      `${nameOf(baseline)} itself fails more than ${margin} of its calls: nothing can pass meanwhile.`,
    );
  }
  return reasons;
}

function fewNodesReason({ canary, baseline }: Finding, settings: VerdictSettings): string {
  const arm = canary.nodes < settings.minNodesPerArm ? canary : baseline;
  return (
    `${nameOf(arm)} runs on ${count(arm.nodes, 'node')}: the effect of a version cannot be told from a bad node ` +
    `before there are ${settings.minNodesPerArm}.`
  );
}

function shareOf(arm: ArmEvidence): string {
  const { calls, failures } = arm;
  const version = nameOf(arm);
  if (calls === 0) return `${version} had no calls`;
  return `${version} failed ${percent(failures / calls)} of ${count(calls, 'call')}`;
}

/** A first release has none to be compared with. */
function nameOf({ version }: ArmEvidence): string {
  return version === '' ? 'the baseline' : version;
}
