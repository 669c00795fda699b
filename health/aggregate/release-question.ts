/** Turns what the ledger and the catalog know into the input of a verdict: which counts, and compared with what. */
import type { Suspect } from '../infer/evidence.ts';
import type { NodeCount, ReleaseInput, ReleaseWindow, StratumCount } from '../verdict/release-input.ts';
import { type KnownVersion, type ReleaseCatalog, releaseParts, togetherEpochs } from './release-catalog.ts';
import type { LedgerCount, ReleaseLedger } from './release-ledger.ts';

export interface ReleaseQuestion {
  /** As it was asked for. */
  readonly id: string;
  readonly canary: KnownVersion;
  /** First epoch to look at; `null`: half an hour before the canary came. */
  readonly sinceEpoch: number | null;
  /** The last one that was judged. */
  readonly lastEpoch: number;
  readonly asOf: number;
  readonly suspects: readonly Suspect[];
  /** Nodes of other versions of the service that are being rolled back. */
  readonly touched: number;
  /** A node that was not heard of for so many epochs is not part of the fleet. */
  readonly forgetEpochs: number;
}

/** Teaches how failures cluster without the canary: half an hour. */
const lessonEpochs = 180;
/** Nodes named in each count; the share of each is of all of them. */
const maxNodes = 64;
/** A bucket of the ledger is at most a minute. */
const bucketEpochs = 6;

export interface ReleaseSources {
  readonly ledger: Pick<ReleaseLedger, 'ofService'>;
  readonly catalog: ReleaseCatalog;
  /** Of minutes that the ledger has nothing of. */
  readonly past: readonly ReleaseWindow[];
}

/** The first epoch that is looked at. */
export function firstEpochOf({ canary, sinceEpoch }: Pick<ReleaseQuestion, 'canary' | 'sinceEpoch'>): number {
  return sinceEpoch ?? canary.firstEpoch - lessonEpochs;
}

export function releaseInput(question: ReleaseQuestion, sources: ReleaseSources): ReleaseInput {
  const { id, canary, lastEpoch, asOf, suspects, touched } = question;
  const { service, version, release } = canary;
  const from = firstEpochOf(question);
  const versions = sources.catalog.ofService(service);
  // What came after the last epoch that was judged may be half of an epoch.
  const counts = sources.ledger.ofService(service, from).filter(({ epoch }) => epoch <= lastEpoch);
  const before = sources.past.flatMap(({ epoch, strata }) => strata.map((one) => ({ ...one, epoch })));
  const baselineVersion = baselineOf(canary, versions, [...before, ...counts]);
  const compared = new Set([version, baselineVersion]);
  const alive = versions.map((known) => nodesIn(known, lastEpoch - question.forgetEpochs + 1, lastEpoch));
  return {
    release: { id: release === '' ? id : release, service, version, ...releaseParts(release) },
    baselineVersion,
    windows: byEpoch([
      ...windowsOf(
        counts.filter((count) => compared.has(count.version)),
        versions,
      ),
      ...sources.past,
    ]),
    stepEnds: null,
    fleet: {
      nodes: new Set(alive.flat()).size,
      canaryNodes: alive[versions.findIndex((known) => known.version === version)]?.length ?? 0,
      touched,
    },
    suspects,
    asOf,
    lastEpoch,
  };
}

/** The version with the most calls of those that were there when the canary came; empty: none. */
export function baselineOf(
  canary: KnownVersion,
  versions: readonly KnownVersion[],
  counts: readonly Pick<LedgerCount, 'epoch' | 'version' | 'calls'>[],
): string {
  const older = versions.filter(
    ({ version, firstEpoch, lastEpoch }) =>
      version !== canary.version &&
      firstEpoch <= canary.firstEpoch + togetherEpochs &&
      lastEpoch >= canary.firstEpoch - lessonEpochs,
  );
  const calls = new Map(older.map(({ version }) => [version, 0]));
  for (const count of counts) {
    const sum = calls.get(count.version);
    if (sum !== undefined) calls.set(count.version, sum + count.calls);
  }
  const [most] = [...calls].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? '';
}

function windowsOf(
  counts: readonly LedgerCount[],
  versions: readonly KnownVersion[],
): readonly ReleaseWindow[] {
  const windows = new Map<number, StratumCount[]>();
  // Callers are many, and the same nodes served all of them.
  const serving = new Map<string, ReadonlySet<string>>();
  for (const count of counts) {
    const { epoch, callerService, calleeService, version, calls, failures } = count;
    const key = `${epoch}\n${version}`;
    const there = serving.get(key) ?? nodesAt(epoch, version, versions);
    serving.set(key, there);
    const strata = windows.get(epoch) ?? [];
    const nodes = nodeCounts(count, there);
    const applicationOnly = count.viewpoint === 'callee';
    strata.push({ callerService, calleeService, version, calls, failures, nodes, applicationOnly });
    windows.set(epoch, strata);
  }
  return [...windows].map(([epoch, strata]) => ({ epoch, strata }));
}

function byEpoch(windows: readonly ReleaseWindow[]): readonly ReleaseWindow[] {
  return windows.toSorted((a, b) => a.epoch - b.epoch);
}

function nodesAt(epoch: number, version: string, versions: readonly KnownVersion[]): ReadonlySet<string> {
  const known = versions.find((one) => one.version === version);
  return new Set(known === undefined ? [] : nodesIn(known, epoch, epoch + bucketEpochs - 1));
}

/** Those with failures first. */
function nodeCounts({ calls, failing }: LedgerCount, there: ReadonlySet<string>): readonly NodeCount[] {
  let size = there.size;
  for (const node of failing.keys()) if (!there.has(node)) size++;
  const share = calls / Math.max(1, size);
  // A share is a guess, what failed was counted.
  const nodes = [...failing].map(([node, failures]) => ({
    node,
    calls: Math.max(share, failures),
    failures,
  }));
  for (const node of there) {
    if (nodes.length >= maxNodes) break;
    if (!failing.has(node)) nodes.push({ node, calls: share, failures: 0 });
  }
  return nodes;
}

function nodesIn({ nodes }: KnownVersion, from: number, to: number): readonly string[] {
  const names: string[] = [];
  for (const [node, [first, last]] of nodes) if (first <= to && last >= from) names.push(node);
  return names;
}
