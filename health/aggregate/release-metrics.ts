/** What is known of the releases under way, in figures: the verdict of each, and what it rests on. */
import { Action, type ReleaseVerdict } from '../verdict/verdict.ts';
import type { Aggregator } from './aggregator.ts';
import type { Labels, MetricsPage, Sample } from './metrics-page.ts';

/** Each verdict is made anew once an epoch, and a scrape waits for it. */
const maxVerdicts = 50;

const verdictValue = { pass: 1, inconclusive: 0, fail: -1 } as const;

/** `alpha`: of the verdicts' settings. */
export function addReleaseMetrics(page: MetricsPage, aggregator: Aggregator, alpha: number): void {
  const releases = aggregator
    .underWay()
    .slice(0, maxVerdicts)
    .map((known) => {
      const { service, version, release } = known;
      return { labels: { service, version, release }, verdict: aggregator.verdictOf(known) };
    });
  const each = (samples: (verdict: ReleaseVerdict, labels: Labels) => readonly Sample[]) =>
    releases.flatMap(({ labels, verdict }) => samples(verdict, labels));
  page.family(
    'meshlock_release_verdict',
    'gauge',
    'Verdict on the newest version of a service with several: 1 pass, 0 inconclusive, -1 fail.',
    each(({ verdict }, labels) => [[labels, verdictValue[verdict]]]),
  );
  page.family(
    'meshlock_release_action',
    'gauge',
    'What a pipeline would be told to do, were it no dry run: 1 for the one it would be, 0 for the others.',
    each(({ wouldBe }, labels) =>
      Action.map((action) => [{ ...labels, action }, wouldBe === action ? 1 : 0]),
    ),
  );
  page.family(
    'meshlock_release_evidence',
    'gauge',
    'Evidence against "as good as the baseline", to one.',
    each(({ evidence }, labels) => [[labels, evidence.eValue]]),
  );
  page.gauge('meshlock_release_evidence_limit', 'Evidence from which a release fails.', 1 / alpha);
  page.family(
    'meshlock_release_needed_calls',
    'gauge',
    'Calls without failure that are still needed for a pass.',
    each(({ evidence }, labels) => [[labels, evidence.needRequests]]),
  );
  page.family(
    'meshlock_release_calls',
    'gauge',
    'Calls that the verdict rests on.',
    each(arms(({ calls }) => calls)),
  );
  page.family(
    'meshlock_release_failures',
    'gauge',
    'Failed ones of the calls that the verdict rests on.',
    each(arms(({ failures }) => failures)),
  );
}

type Evidence = ReleaseVerdict['evidence'];

function arms(figure: (arm: Evidence['canary']) => number) {
  return ({ evidence }: ReleaseVerdict, labels: Labels): readonly Sample[] => [
    [{ ...labels, arm: 'baseline' }, figure(evidence.baseline)],
    [{ ...labels, arm: 'canary' }, figure(evidence.canary)],
  ];
}
