/** The counts for verdicts of several ledgers, those of the shards among them, as if they were one. */
import { fromBest, type LedgerCount, type ReleaseLedger } from './release-ledger.ts';

export class JoinedLedger {
  readonly #ledgers: () => readonly ReleaseLedger[];

  /** `ledgers`: what there is now; no call is counted in two of them. */
  constructor(ledgers: () => readonly ReleaseLedger[]) {
    this.#ledgers = ledgers;
  }

  /** Minutes of which anything was counted, by their first epoch. */
  minutes(): ReadonlySet<number> {
    return new Set(this.#ledgers().flatMap((ledger) => [...ledger.minutes()]));
  }

  /** Counts of calls to a service from bucket `from` on, oldest first, each call from one viewpoint only. */
  ofService(service: string, from: number): readonly LedgerCount[] {
    const ledgers = this.#ledgers();
    const all = ledgers.flatMap((ledger) => ledger.countsOf(service, from));
    return fromBest(ledgers.length === 1 ? all : merged(all));
  }
}

/** One count of each stratum in each bucket, oldest first. */
function merged(counts: readonly LedgerCount[]): readonly LedgerCount[] {
  const sums = new Map<string, LedgerCount>();
  for (const count of counts) {
    const key = `${count.epoch}\n${count.viewpoint}\n${count.callerService}\n${count.version}`;
    const known = sums.get(key);
    sums.set(key, known === undefined ? count : sum(known, count));
  }
  return [...sums.values()].sort((a, b) => a.epoch - b.epoch);
}

function sum(a: LedgerCount, b: LedgerCount): LedgerCount {
  const failing = new Map(a.failing);
  for (const [node, failures] of b.failing) failing.set(node, (failing.get(node) ?? 0) + failures);
  return { ...a, calls: a.calls + b.calls, failures: a.failures + b.failures, failing };
}
