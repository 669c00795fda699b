/** The verdict on a release of which no node has told: known not to be known, in the same shape as any other. */
import { needRequests } from '../verdict/beta-bound.ts';
import type { ReleaseVerdict } from '../verdict/verdict.ts';
import type { VerdictSettings } from '../verdict/verdict-settings.ts';
import { releaseParts } from './release-catalog.ts';
import type { VerdictQuery } from './release-judge.ts';

export function unknownRelease(
  { release, service = '' }: VerdictQuery,
  { asOf, settings, reasons }: { asOf: number; settings: VerdictSettings; reasons: readonly string[] },
): ReleaseVerdict {
  const where = service === '' ? '' : ` in the service ${service}`;
  const nobody = { version: '', calls: 0, failures: 0, nodes: 0 };
  return {
    verdict: 'inconclusive',
    score: 0.5,
    action: settings.dryRun ? 'continue' : 'pause',
    wouldBe: 'pause',
    dryRun: settings.dryRun,
    reasons: [`No node has reported the release ${release}${where} yet.`, ...reasons],
    evidence: {
      canary: nobody,
      baseline: nobody,
      eValue: 1,
      oddsRatioAtLeast: 1,
      needRequests: needRequests(
        { calls: 0, failures: 0, dispersion: 1 },
        settings.margin,
        settings.confidence,
      ),
      dispersion: 1,
      strata: 0,
    },
    suspects: [],
    release: { id: release, service, version: '', ...releaseParts(release) },
    asOf: new Date(asOf).toISOString(),
    ttl: settings.ttlSeconds,
  };
}
