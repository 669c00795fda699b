/**
 * Judges releases from what lies in memory: the ledger's counts, the catalog's versions, and history for the minutes of
 * which nobody has reported. A verdict is made once and kept until something changes.
 */
import type { Clock } from '../clock.ts';
import type { Suspect } from '../infer/evidence.ts';
import { epochMs, epochOf } from '../observe/viewpoint.ts';
import { judgeRelease } from '../verdict/judge-release.ts';
import type { ReleaseWindow } from '../verdict/release-input.ts';
import type { ReleaseVerdict } from '../verdict/verdict.ts';
import type { HistoryKeeper, Past } from './history-keeper.ts';
import type { JoinedLedger } from './joined-ledger.ts';
import type { KnownVersion, ReleaseCatalog } from './release-catalog.ts';
import {
  absenceReasons,
  hasGap,
  type PastStanding,
  pastReasons,
  type Span,
  windowsOfGaps,
} from './release-past.ts';
import { firstEpochOf, releaseInput } from './release-question.ts';
import { RollbackTally } from './rollback-tally.ts';
import type { AggregateSettings } from './settings.ts';

export interface VerdictQuery {
  /** A release order, or a version. */
  readonly release: string;
  readonly service?: string;
  /** Unix milliseconds: counts before it are left out. */
  readonly since?: number;
}

export interface Present {
  /** The last epoch that was judged, and whom its inference names. */
  readonly judged: number;
  readonly suspects: readonly Suspect[];
  /** What is to be said with every verdict: of what its counts lack. */
  readonly reservations: readonly string[];
}

export interface ReleaseJudgeOptions {
  readonly settings: AggregateSettings;
  readonly clock: Clock;
  readonly ledger: JoinedLedger;
  readonly catalog: ReleaseCatalog;
  readonly history: HistoryKeeper;
  readonly present: () => Present;
}

const maxVerdicts = 1000;

export class ReleaseJudge {
  readonly #options: ReleaseJudgeOptions;
  readonly #rollbacks: RollbackTally = new RollbackTally();
  readonly #verdicts = new Map<string, ReleaseVerdict>();

  constructor(options: ReleaseJudgeOptions) {
    this.#options = options;
  }

  /** `null`: nobody has heard of that release. Of a release in several services the worst answer. */
  verdict({ release, service, since }: VerdictQuery): ReleaseVerdict | null {
    const { catalog, history } = this.#options;
    const versions = new Map(catalog.find(release, service).map((known) => [known.service, known]));
    // Perhaps it ran before anybody told of it here.
    if (versions.size === 0 && service !== undefined) history.want(service);
    const sinceEpoch = since === undefined ? null : epochOf(since);
    const verdicts = [...versions.values()].map((known) => this.#judge(known, release, sinceEpoch));
    return verdicts.sort((a, b) => rank(a) - rank(b) || a.score - b.score)[0] ?? null;
  }

  /** On one version, by which it cannot be mistaken for another. */
  verdictOf(known: KnownVersion): ReleaseVerdict {
    return this.#judge(known, known.release === '' ? known.version : known.release, null);
  }

  /** What is to be said to one who asked for a release that nobody has heard of. */
  unknownReasons({ service }: VerdictQuery): readonly string[] {
    return service === undefined ? [] : absenceReasons(this.#standing(service));
  }

  /** A pipeline was told to roll this version back: its nodes count against the share that may be touched. */
  rolledBack(service: string, version: string): void {
    this.#rollbacks.add(service, version, this.#options.present().judged);
  }

  /** There is something new to judge from. */
  changed(): void {
    this.#verdicts.clear();
  }

  /** The past of a service was read: it may tell which of its versions came last. */
  learnPast(service: string, { windows, releases }: Past): void {
    const seen = new Map<string, { readonly first: number; readonly last: number }>();
    for (const { epoch, strata } of windows) {
      for (const { version } of strata)
        seen.set(version, { first: seen.get(version)?.first ?? epoch, last: epoch });
    }
    for (const [version, { first, last }] of seen) {
      const release = releases.get(version) ?? '';
      this.#options.catalog.learnPast({ service, version, release }, first, last);
    }
    this.changed();
  }

  /** Has the past read of services with several versions: a release of which the beginning was not seen here. */
  readPasts(heardSince: number): void {
    const { ledger, catalog, history } = this.#options;
    const span = this.#spanOfHistory(0);
    if (span === null || !hasGap(span, ledger.minutes())) return;
    for (const service of catalog.rivalled(heardSince)) history.want(service);
  }

  #judge(canary: KnownVersion, id: string, sinceEpoch: number | null): ReleaseVerdict {
    const key = `${canary.service}\n${canary.version}\n${sinceEpoch}\n${id}`;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = this.#judgeAnew(canary, id, sinceEpoch);
    if (this.#verdicts.size >= maxVerdicts) this.#verdicts.clear();
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  #judgeAnew(canary: KnownVersion, id: string, sinceEpoch: number | null): ReleaseVerdict {
    const { settings, clock, ledger, catalog, present } = this.#options;
    const { judged, suspects, reservations } = present();
    const { service, version } = canary;
    const past = this.#pastOf(canary, sinceEpoch);
    const input = releaseInput(
      {
        id,
        canary,
        sinceEpoch,
        lastEpoch: judged,
        asOf: clock.wall(),
        suspects,
        touched: this.#rollbacks.nodes(service, version, catalog, judged),
        forgetEpochs: settings.nodes.forgetEpochs,
      },
      { ledger, catalog, past: past ?? [] },
    );
    const verdict = judgeRelease(input, settings.verdict);
    const used = new Set(past?.map(({ epoch }) => epoch));
    const ofPast = past === null ? [] : pastReasons(input, { ...this.#standing(service), used });
    return { ...verdict, reasons: [...verdict.reasons, ...ofPast, ...reservations] };
  }

  /** Windows of history for the minutes that nobody reported on; `null`: there are no such minutes, or no history. */
  #pastOf(canary: KnownVersion, sinceEpoch: number | null): readonly ReleaseWindow[] | null {
    const { ledger, history } = this.#options;
    const span = this.#spanOfHistory(firstEpochOf({ canary, sinceEpoch }));
    const covered = ledger.minutes();
    if (span === null || !hasGap(span, covered)) return null;
    history.want(canary.service);
    return windowsOfGaps(history.past(canary.service)?.windows ?? [], span, covered);
  }

  /** Of what is asked for from an epoch on, what history may be asked for; `null`: there is none. */
  #spanOfHistory(from: number): Span | null {
    const { settings, clock, history, present } = this.#options;
    if (!history.isOn) return null;
    const earliest = Math.ceil((clock.wall() - settings.history.lookbackMs) / epochMs);
    return { from: Math.max(from, earliest), to: present().judged };
  }

  #standing(service: string): PastStanding {
    const { history } = this.#options;
    const hasPast = history.past(service) !== null;
    return { status: history.status, reason: history.reason(service), hasPast };
  }
}

function rank({ verdict }: ReleaseVerdict): number {
  return verdict === 'fail' ? 0 : verdict === 'inconclusive' ? 1 : 2;
}
