/**
 * Judges a release from its calls: `fail` when the evidence that it is worse than the baseline is strong enough, `pass`
 * when enough calls at the end of a step say that few fail, else `inconclusive` with what is missing. Pure: the same
 * input, the same answer.
 */
import type { Suspect } from '../infer/evidence.ts';
import { decideAction } from './decide-action.ts';
import { type Finding, findOut } from './finding.ts';
import type { ReleaseInput } from './release-input.ts';
import type { ReleaseVerdict } from './verdict.ts';
import { findingReasons } from './verdict-reasons.ts';
import type { VerdictSettings } from './verdict-settings.ts';

const wordsOf = {
  continue: 'it would go on',
  pause: 'it would pause',
  rollback: 'it would roll back',
} as const;

export function judgeRelease(input: ReleaseInput, settings: VerdictSettings): ReleaseVerdict {
  const finding = findOut(input, settings);
  const suspects = suspectsOf(input);
  const action = decideAction(finding, { fleet: input.fleet, suspects, settings });
  return {
    verdict: finding.verdict,
    score: scoreOf(finding, settings),
    action: settings.dryRun ? 'continue' : action.action,
    wouldBe: action.action,
    dryRun: settings.dryRun,
    reasons: [
      ...findingReasons(finding, settings),
      ...action.reasons,
      ...suspects.slice(0, 3).map(({ sentence }) => sentence),
      ...(settings.dryRun && action.action !== 'continue'
        ? [`Dry run: ${wordsOf[action.action]}, and does not.`]
        : []),
    ],
    evidence: {
      canary: finding.canary,
      baseline: finding.baseline,
      eValue: finding.eValue,
      oddsRatioAtLeast: finding.oddsRatioAtLeast,
      needRequests: finding.needRequests,
      dispersion: finding.dispersion,
      strata: finding.strata,
    },
    suspects,
    release: input.release,
    asOf: new Date(input.asOf).toISOString(),
    ttl: settings.ttlSeconds,
  };
}

/** The evidence read as odds of being worse, from even ones; a pass says how sure it is. */
function scoreOf(finding: Finding, settings: VerdictSettings): number {
  const better = 1 / (1 + finding.eValue);
  return finding.verdict === 'pass' ? Math.max(better, settings.confidence) : better;
}

/** Those of the release itself first, then those of other versions of the service. */
function suspectsOf(input: ReleaseInput): readonly Suspect[] {
  const { service, version } = input.release;
  const own = input.suspects.filter((suspect) => suspect.service === service);
  return [
    ...own.filter((suspect) => suspect.version === version),
    ...own.filter((suspect) => suspect.version !== version),
  ];
}
