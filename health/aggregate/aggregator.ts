/**
 * Collects what the nodes of a fleet count, and once an epoch says who is to blame and what is to be said of a release.
 * Everything it answers with lies in memory; the journal carries what verdicts need over a restart. The reports
 * themselves are not kept on disk: a suspect needs a minute of new ones, a verdict does not.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Evidence, Suspect } from '../infer/evidence.ts';
import { infer } from '../infer/infer.ts';
import { joinEpochs } from '../infer/join.ts';
import type { HealthLog } from '../log.ts';
import type { EpochReport } from '../observe/epoch-report.ts';
import { epochMs, epochOf } from '../observe/viewpoint.ts';
import { judgeRelease } from '../verdict/judge-release.ts';
import type { ReleaseVerdict } from '../verdict/verdict.ts';
import { EpochWindow, seenKey } from './epoch-window.ts';
import { Journal, type JournalFigures } from './journal.ts';
import { NodeRoster, type NodeView } from './node-roster.ts';
import { PendingState } from './pending-state.ts';
import { type KnownVersion, ReleaseCatalog } from './release-catalog.ts';
import { type ReleaseEvent, ReleaseEvents } from './release-events.ts';
import { ledgerRows, ReleaseLedger } from './release-ledger.ts';
import { releaseInput } from './release-question.ts';
import { RollbackTally } from './rollback-tally.ts';
import type { AggregateSettings } from './settings.ts';
import { replay, type State, snapshot } from './state-records.ts';
import { SuspectLog, type SuspectView } from './suspect-log.ts';

export type AcceptResult = 'accepted' | 'duplicate' | 'too_old' | 'refused';

export interface Receipt {
  readonly result: AcceptResult;
  /** One line; empty when accepted. */
  readonly reason: string;
}

export interface VerdictQuery {
  /** A release order, or a version. */
  readonly release: string;
  readonly service?: string;
  /** Unix milliseconds: counts before it are left out. */
  readonly since?: number;
}

export interface AggregateFigures {
  readonly reports: Readonly<Record<AcceptResult, number>>;
  readonly lateReports: number;
  readonly nodes: number;
  readonly missingNodes: number;
  readonly windowBytes: number;
  readonly evictedEpochs: number;
  readonly ledgerRows: number;
  readonly droppedRows: number;
  readonly inferences: number;
  /** Of the last one; and of all. */
  readonly inferenceMs: number;
  readonly inferenceTotalMs: number;
  readonly judgedEpoch: number;
  readonly journal: JournalFigures;
}

export class Aggregator {
  readonly #settings: AggregateSettings;
  readonly #clock: Clock;
  readonly #log: HealthLog;
  readonly #window: EpochWindow;
  readonly #roster: NodeRoster;
  readonly #ledger: ReleaseLedger;
  readonly #catalog: ReleaseCatalog = new ReleaseCatalog();
  readonly #suspects: SuspectLog;
  readonly #events: ReleaseEvents = new ReleaseEvents();
  readonly #rollbacks: RollbackTally = new RollbackTally();
  readonly #journal: Journal;
  readonly #pending: PendingState;
  readonly #verdicts = new Map<string, ReleaseVerdict>();
  readonly #reports: Record<AcceptResult, number> = { accepted: 0, duplicate: 0, too_old: 0, refused: 0 };
  #timer: Timer | null = null;
  #saving: Promise<void> = Promise.resolve();
  #isOpen = false;
  #judged = 0;
  #lateReports = 0;
  #inferences = 0;
  #inferenceMs = 0;
  #inferenceTotalMs = 0;

  constructor({ settings, clock, log }: { settings: AggregateSettings; clock: Clock; log: HealthLog }) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#window = new EpochWindow(settings.window);
    this.#roster = new NodeRoster({
      maxNodes: settings.nodes.max,
      forgetEpochs: settings.nodes.forgetEpochs,
    });
    this.#ledger = new ReleaseLedger(settings.ledger);
    this.#suspects = new SuspectLog(settings.window.epochs * epochMs);
    this.#journal = new Journal(settings.journal, log);
    this.#pending = new PendingState(settings.ledger);
  }

  /** Reads the journal and begins to judge. Throws when it cannot be read: counts would be lost without a word. */
  async open(): Promise<void> {
    const now = epochOf(this.#clock.wall());
    this.#judged = this.#lastClosed();
    this.#window.advance(now);
    const records = await this.#journal.open();
    const unknown = replay(records, { ...this.#state, event: (event) => this.#events.add(event) });
    if (unknown > 0) this.#log.warn('the journal has records of an unknown kind: passed over', { unknown });
    this.#tidy(now);
    if (records.length === 0) await this.#journal.append([...snapshot(this.#state, [])]);
    this.#isOpen = true;
    this.#arm();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The last epoch that was judged, or was over at the start. */
  get judgedEpoch(): number {
    return this.#judged;
  }

  accept(report: EpochReport): AcceptResult {
    return this.receive(report, null).result;
  }

  /** As `accept`, with a reason. `sentAt`: the sender's clock in Unix milliseconds, `null` when it does not say. */
  receive(report: EpochReport, sentAt: number | null): Receipt {
    const receipt = this.#isOpen ? this.#take(report, sentAt) : refused('not open');
    this.#reports[receipt.result]++;
    return receipt;
  }

  suspects(): readonly Suspect[] {
    return this.#suspects.active;
  }

  /** Also those of the last quarter of an hour, with since when and until when. */
  suspectViews(): readonly SuspectView[] {
    return this.#suspects.views;
  }

  nodes(): readonly NodeView[] {
    return this.#roster.views(this.#judged);
  }

  events(): readonly ReleaseEvent[] {
    return this.#events.all;
  }

  /** What the reports of these epochs say together, for another level to merge. */
  evidence(from: number, to: number): Evidence {
    return joinEpochs(this.#window.between(from, to), {
      from,
      to,
      expected: this.#roster.expected(to),
      knownSince: (node) => this.#roster.knownSince(node),
    });
  }

  /** `null`: nobody has heard of that release. Of a release in several services the worst answer. */
  verdict({ release, service, since }: VerdictQuery): ReleaseVerdict | null {
    const versions = new Map(this.#catalog.find(release, service).map((known) => [known.service, known]));
    const sinceEpoch = since === undefined ? null : epochOf(since);
    const verdicts = [...versions.values()].map((known) => this.#judge(known, release, sinceEpoch));
    return verdicts.sort((a, b) => rank(a) - rank(b) || a.score - b.score)[0] ?? null;
  }

  /** On one version, by which it cannot be mistaken for another. */
  verdictOf(known: KnownVersion): ReleaseVerdict {
    return this.#judge(known, known.release === '' ? known.version : known.release, null);
  }

  /** The version of a service that came last; `undefined`: the service is not known. */
  newest(service: string): KnownVersion | undefined {
    return this.#catalog.newest(service);
  }

  /** All services and versions with a release under way: more than one version that was heard of lately. */
  underWay(): readonly KnownVersion[] {
    return this.#catalog.underWay(this.#judged - this.#settings.nodes.forgetEpochs);
  }

  /** A pipeline tells of a release. */
  note(event: Omit<ReleaseEvent, 'at'>): void {
    const kept = this.#events.add({ ...event, at: this.#clock.wall() });
    this.#catalog.name(kept.service, kept.release, kept.version);
    this.#pending.event(kept);
    this.#verdicts.clear();
  }

  /** A pipeline was told to roll this version back: its nodes count against the share that may be touched. */
  rolledBack(service: string, version: string): void {
    this.#rollbacks.add(service, version, this.#judged);
  }

  figures(): AggregateFigures {
    return {
      reports: { ...this.#reports },
      lateReports: this.#lateReports,
      nodes: this.#roster.size,
      missingNodes: this.nodes().filter(({ status }) => status === 'missing').length,
      windowBytes: this.#window.bytes,
      evictedEpochs: this.#window.evicted,
      ledgerRows: this.#ledger.rows,
      droppedRows: this.#ledger.dropped,
      inferences: this.#inferences,
      inferenceMs: this.#inferenceMs,
      inferenceTotalMs: this.#inferenceTotalMs,
      judgedEpoch: this.#judged,
      journal: this.#journal.figures,
    };
  }

  /** Writes what is not on disk yet. Takes no reports any more. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = null;
    await this.#save();
    await this.#journal.close();
  }

  /** Everything that was handed to the disk so far is there, or failed. For tests and an orderly end. */
  saved(): Promise<void> {
    return this.#saving;
  }

  get #state(): Omit<State, 'event'> {
    return { window: this.#window, ledger: this.#ledger, catalog: this.#catalog, suspects: this.#suspects };
  }

  #take(report: EpochReport, sentAt: number | null): Receipt {
    const wall = this.#clock.wall();
    const { node, incarnation, epoch } = report;
    const key = seenKey(report);
    if (this.#window.admit(key, epoch) === 'duplicate') return duplicate;
    const arrival = { node, incarnation, epoch, wall, sentAt };
    const refusal = this.#roster.refusal(arrival);
    if (refusal !== '') return refused(refusal);
    const admission = this.#window.add(report);
    if (admission === 'duplicate') return duplicate;
    if (admission === 'too_old')
      return { result: 'too_old', reason: `epochs before ${this.#window.floor} are over` };
    if (admission === 'full') return refused('no room for more reports of this epoch');
    const isLate = epoch <= this.#judged;
    if (isLate) this.#lateReports++;
    this.#roster.arrived(arrival, isLate);
    this.#catalog.learn(report);
    const rows = ledgerRows(report);
    for (const row of rows) this.#ledger.add(epoch, row);
    this.#pending.counted(epoch, key, rows);
    return { result: 'accepted', reason: '' };
  }

  #judge(canary: KnownVersion, id: string, sinceEpoch: number | null): ReleaseVerdict {
    const key = `${canary.service}\n${canary.version}\n${sinceEpoch}\n${id}`;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const { service, version } = canary;
    const input = releaseInput(
      {
        id,
        canary,
        sinceEpoch,
        lastEpoch: this.#judged,
        asOf: this.#clock.wall(),
        suspects: this.#suspects.active,
        touched: this.#rollbacks.nodes(service, version, this.#catalog, this.#judged),
        forgetEpochs: this.#settings.nodes.forgetEpochs,
      },
      { ledger: this.#ledger, catalog: this.#catalog },
    );
    const verdict = judgeRelease(input, this.#settings.verdict);
    if (this.#verdicts.size >= maxVerdicts) this.#verdicts.clear();
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  /** Wakes when the grace of the epoch under way is over; the wall clock may jump, so each time anew. */
  #arm(): void {
    const { graceMs } = this.#settings.window;
    const sinceMs = (this.#clock.wall() - graceMs) % epochMs;
    this.#timer = this.#clock.after(epochMs - sinceMs, () => this.#tick());
  }

  #tick(): void {
    const closed = this.#lastClosed();
    if (closed !== this.#judged) this.#infer(closed);
    this.#arm();
    void this.#save();
  }

  #infer(closed: number): void {
    const began = this.#clock.now();
    // Epochs that went early are not held against the nodes that reported them.
    const from = Math.max(
      closed - this.#settings.window.inferEpochs + 1,
      Math.min(closed, this.#window.floor),
    );
    const evidence = this.evidence(from, closed);
    const suspects = infer(evidence, { peerOf: (node) => this.#roster.peerOf(node) });
    this.#judged = closed;
    this.#inferences++;
    this.#inferenceMs = this.#clock.now() - began;
    this.#inferenceTotalMs += this.#inferenceMs;
    if (this.#suspects.update(suspects, (closed + 1) * epochMs)) this.#suspectsChanged();
    this.#tidy(epochOf(this.#clock.wall()));
  }

  #suspectsChanged(): void {
    this.#pending.suspectsChanged();
    const sentences = this.#suspects.active.map(({ sentence }) => sentence);
    if (sentences.length === 0) this.#log.info('nobody is suspected any more');
    else this.#log.warn('suspects', { sentences });
  }

  #tidy(now: number): void {
    this.#verdicts.clear();
    this.#window.advance(now);
    this.#ledger.tidy(now);
    this.#catalog.tidy(now - this.#settings.ledger.keepEpochs);
    this.#roster.tidy(this.#judged);
  }

  /** One after the other; a failure is kept for the next time. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      if (this.#settings.journal.path === '') return this.#pending.forget();
      await this.#pending.flush(this.#journal, this.#catalog, this.#suspects);
      // All at once: a report that comes while the file is written belongs to the next append, not to both.
      if (this.#journal.wantsCompaction && this.#pending.isEmpty)
        await this.#journal.compact([...snapshot(this.#state, this.#events.all)]);
    });
    return this.#saving;
  }

  #lastClosed(): number {
    return epochOf(this.#clock.wall() - this.#settings.window.graceMs) - 1;
  }
}

const maxVerdicts = 1000;
const duplicate: Receipt = { result: 'duplicate', reason: 'was there before' };

function refused(reason: string): Receipt {
  return { result: 'refused', reason };
}

function rank({ verdict }: ReleaseVerdict): number {
  return verdict === 'fail' ? 0 : verdict === 'inconclusive' ? 1 : 2;
}
