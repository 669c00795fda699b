/** `GET /v1/releases`: all releases under way with what is thought of each, and what pipelines told of theirs. */
import { epochMs } from '../observe/viewpoint.ts';
import type { ReleaseVerdict } from '../verdict/verdict.ts';
import type { Aggregator } from './aggregator.ts';
import { type Answer, json } from './answer.ts';
import type { HistoryStatus } from './history-keeper.ts';
import type { KnownVersion } from './release-catalog.ts';

/** A verdict on each is made anew once an epoch. */
const maxReleases = 50;
const maxNodes = 100;

/** A version of the service that is on its way. */
export interface VersionView {
  readonly version: string;
  readonly release: string;
  /** ISO 8601: begin of the first epoch it was heard of in, and end of the last. */
  readonly since: string;
  readonly lastSeen: string;
  /** How many nodes it was seen on lately, and the first hundred of them. */
  readonly nodeCount: number;
  readonly nodes: readonly string[];
}

export interface ReleaseView {
  readonly service: string;
  readonly version: string;
  readonly release: string;
  /** All of the service that were heard of lately, this one among them, in the order of their coming. */
  readonly versions: readonly VersionView[];
  readonly verdict: ReleaseVerdict;
}

export function releasesAnswer(aggregator: Aggregator, asOf: number): Answer {
  const underWay = aggregator.underWay();
  const epoch = aggregator.judgedEpoch;
  return json(200, {
    asOf: iso(asOf),
    judged: { epoch, until: iso((epoch + 1) * epochMs) },
    count: underWay.length,
    releases: underWay.slice(0, maxReleases).map((known) => releaseView(known, aggregator)),
    history: historyView(aggregator.history()),
    events: aggregator.events().map((event) => ({ ...event, at: iso(event.at) })),
  });
}

/** Whether verdicts can lean on history, and if not why. */
function historyView({ engine, state, reason, services, lastReadAt }: HistoryStatus) {
  return { engine, state, reason, services, lastReadAt: lastReadAt === 0 ? null : iso(lastReadAt) };
}

function releaseView(known: KnownVersion, aggregator: Aggregator): ReleaseView {
  const { service, version, release } = known;
  const lately = aggregator.heardSince;
  return {
    service,
    version,
    release,
    versions: aggregator
      .versions(service)
      .filter(({ lastEpoch }) => lastEpoch >= lately)
      .map((one) => versionView(one, lately)),
    verdict: aggregator.verdictOf(known),
  };
}

function versionView(
  { version, release, firstEpoch, lastEpoch, nodes }: KnownVersion,
  lately: number,
): VersionView {
  const alive = [...nodes].filter(([, [, last]]) => last >= lately).map(([node]) => node);
  alive.sort();
  return {
    version,
    release,
    since: iso(firstEpoch * epochMs),
    lastSeen: iso((lastEpoch + 1) * epochMs),
    nodeCount: alive.length,
    nodes: alive.slice(0, maxNodes),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
