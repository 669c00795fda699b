/**
 * Collects what the nodes of a fleet count, and once an epoch says who is to blame and what is to be said of a release.
 * Everything it answers with lies in memory; the journal carries what verdicts need over a restart. The reports
 * themselves are not kept on disk: a suspect needs a minute of new ones, a verdict does not.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Evidence, Suspect } from '../infer/evidence.ts';
import { infer } from '../infer/infer.ts';
import { epochPart, joinEpochs } from '../infer/join.ts';
import type { HealthLog } from '../log.ts';
import type { EpochReport } from '../observe/epoch-report.ts';
import { epochMs, epochOf } from '../observe/viewpoint.ts';
import type { ReleaseVerdict } from '../verdict/verdict.ts';
import { EpochWindow } from './epoch-window.ts';
import { HistoryKeeper, type HistoryStatus } from './history-keeper.ts';
import { JoinedLedger } from './joined-ledger.ts';
import { Journal, type JournalFigures } from './journal.ts';
import { NodeRoster, type NodeView } from './node-roster.ts';
import { PendingState } from './pending-state.ts';
import { type KnownVersion, ReleaseCatalog } from './release-catalog.ts';
import { type ReleaseEvent, ReleaseEvents } from './release-events.ts';
import { ReleaseLedger } from './release-ledger.ts';
import { ReleaseJudge, type VerdictQuery } from './release-judge.ts';
import { type AcceptResult, type IntakeFigures, type Receipt, ReportIntake } from './report-intake.ts';
import type { AggregateSettings } from './settings.ts';
import type { PartQuestion, ShardEpoch, ShardPart } from './shard-part.ts';
import type { ShardView } from './shard.ts';
import { Shards } from './shards.ts';
import { replay, type State, snapshot } from './state-records.ts';
import { SuspectLog, type SuspectView } from './suspect-log.ts';
import { type ViewpointTotal, ViewpointTotals } from './viewpoint-totals.ts';

export interface AggregateFigures extends IntakeFigures {
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
  readonly shards: number;
  readonly missingShards: number;
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
  readonly #journal: Journal;
  readonly #pending: PendingState;
  readonly #totals: ViewpointTotals = new ViewpointTotals(maxTotalNodes);
  readonly #history: HistoryKeeper;
  readonly #shards: Shards;
  readonly #judge: ReleaseJudge;
  readonly #intake: ReportIntake;
  #timer: Timer | null = null;
  #saving: Promise<void> = Promise.resolve();
  #gathering: Promise<void> | null = null;
  #isOpen = false;
  #judged = 0;
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
    this.#intake = new ReportIntake({
      ...this.#state,
      clock,
      roster: this.#roster,
      pending: this.#pending,
      totals: this.#totals,
    });
    this.#history = new HistoryKeeper({
      settings: settings.history,
      clock,
      log,
      maxRows: settings.ledger.maxRows,
      onRead: (service, past) => this.#judge.learnPast(service, past),
    });
    this.#shards = new Shards({
      settings: settings.shards,
      ledger: settings.ledger,
      inferEpochs: settings.window.inferEpochs,
      clock,
      log,
      learn: (record) => this.#catalog.merge(record),
    });
    this.#judge = new ReleaseJudge({
      settings,
      clock,
      ledger: new JoinedLedger(() => [this.#ledger, ...this.#shards.ledgers]),
      catalog: this.#catalog,
      history: this.#history,
      present: () => ({
        judged: this.#judged,
        suspects: this.#suspects.active,
        reservations: this.missingShards().map(
          (shard) => `The shard ${shard} is missing: calls that it counted lately are left out.`,
        ),
      }),
    });
  }

  /** Reads the journal and begins to judge. Throws when it cannot be read: counts would be lost without a word. */
  async open(): Promise<void> {
    const now = epochOf(this.#clock.wall());
    this.#judged = this.#lastClosed();
    this.#window.advance(now);
    const records = await this.#journal.open();
    const unknown = replay(records, { ...this.#state, event: (event) => this.#recall(event) });
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
    return this.#intake.receive(report, sentAt, this.#isOpen ? this.#judged : null);
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

  /** What the reports of these epochs say together, those of shards among them as far as an inference needs them. */
  evidence(from: number, to: number): Evidence {
    const { forgetEpochs } = this.#settings.nodes;
    return joinEpochs(this.#window.between(from, to), {
      from,
      to,
      expected: new Set([...this.#roster.expected(to), ...this.#shards.expected(to, forgetEpochs)]),
      knownSince: (node) => Math.min(this.#roster.knownSince(node), this.#shards.knownSince(node)),
      parts: this.#shards.parts(from, to),
    });
  }

  /** What the nodes that report here say, for a second level to add to what others say. */
  part(question: PartQuestion): ShardPart {
    const epochs: ShardEpoch[] = [];
    for (let epoch = question.from; epoch <= Math.min(question.to, this.#judged); epoch++) {
      const revision = this.#window.count(epoch);
      const rows = this.#ledger.rowsOf(epoch);
      if (revision <= (question.known.get(epoch) ?? -1) || revision + rows.length === 0) continue;
      const part = epoch < question.partsFrom ? null : epochPart(this.#window.between(epoch, epoch), epoch);
      epochs.push({ epoch, revision, part, rows });
    }
    return {
      format: 1,
      judgedEpoch: this.#judged,
      epochs,
      nodes: [...this.#roster.spans()].map(({ peer, firstEpoch, lastEpoch }) => [
        ...([peer.node, peer.service, peer.version, peer.release] as const),
        ...([firstEpoch, lastEpoch] as const),
      ]),
      versions: this.#catalog.wholeRecords(),
    };
  }

  shards(): readonly ShardView[] {
    return this.#shards.views(this.#judged);
  }

  /** Those that have not answered for the last epoch that was judged. */
  missingShards(): readonly string[] {
    return this.#shards.missing(this.#judged);
  }

  /** `null`: nobody has heard of that release. Of a release in several services the worst answer. */
  verdict(query: VerdictQuery): ReleaseVerdict | null {
    return this.#judge.verdict(query);
  }

  /** On one version, by which it cannot be mistaken for another. */
  verdictOf(known: KnownVersion): ReleaseVerdict {
    return this.#judge.verdictOf(known);
  }

  /** What is to be said to one who asked for a release that nobody has heard of. */
  unknownReasons(query: VerdictQuery): readonly string[] {
    return this.#judge.unknownReasons(query);
  }

  /** Of one service, in the order of their coming. */
  versions(service: string): readonly KnownVersion[] {
    return this.#catalog.ofService(service);
  }

  /** The version of a service that came last; `undefined`: the service is not known. */
  newest(service: string): KnownVersion | undefined {
    return this.#catalog.newest(service);
  }

  /** All services and versions with a release under way: more than one version that was heard of lately. */
  underWay(): readonly KnownVersion[] {
    return this.#catalog.underWay(this.heardSince);
  }

  /** The epoch since which a version, or a node of it, must have been heard of to be there. */
  get heardSince(): number {
    return this.#judged - this.#settings.nodes.forgetEpochs;
  }

  /** A pipeline tells of a release. */
  note(event: Omit<ReleaseEvent, 'at'>): void {
    const kept = this.#events.add({ ...event, at: this.#clock.wall() });
    this.#catalog.name(kept.service, kept.release, kept.version);
    this.#pending.event(kept);
    this.#judge.changed();
  }

  /** From the journal. Which version was the newest when an event named none is not known any more. */
  #recall(event: ReleaseEvent): void {
    const { service, release, version } = this.#events.add(event);
    if (version !== '') this.#catalog.name(service, release, version);
  }

  /** A pipeline was told to roll this version back: its nodes count against the share that may be touched. */
  rolledBack(service: string, version: string): void {
    this.#judge.rolledBack(service, version);
  }

  /** Calls and failures by node and viewpoint since the start, of the epochs that are judged. */
  viewpointTotals(): IterableIterator<ViewpointTotal> {
    return this.#totals.all();
  }

  history(): HistoryStatus {
    return this.#history.status;
  }

  figures(): AggregateFigures {
    return {
      ...this.#intake.figures,
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
      shards: this.#shards.size,
      missingShards: this.missingShards().length,
      journal: this.#journal.figures,
    };
  }

  /** Writes what is not on disk yet. Takes no reports any more. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = null;
    await Promise.all([this.#history.close(), this.#shards.close()]);
    await this.#gathering;
    await this.#save();
    await this.#journal.close();
  }

  /** Everything that was handed to the disk so far is there, or failed. For tests and an orderly end. */
  saved(): Promise<void> {
    return this.#saving;
  }

  /** What is to be read from history by now has been tried. For tests. */
  pastRead(): Promise<void> {
    return this.#history.settled();
  }

  /** The last epoch that is over has been judged, and what shards had to tell of older ones is here. For tests. */
  async gathered(): Promise<void> {
    await this.#gathering;
    await this.#shards.settled();
  }

  get #state(): Omit<State, 'event'> {
    return { window: this.#window, ledger: this.#ledger, catalog: this.#catalog, suspects: this.#suspects };
  }

  /** Wakes when the grace of the epoch under way is over; the wall clock may jump, so each time anew. */
  #arm(): void {
    const { graceMs } = this.#settings.window;
    const sinceMs = (this.#clock.wall() - graceMs) % epochMs;
    this.#timer = this.#clock.after(epochMs - sinceMs, () => this.#tick());
  }

  #tick(): void {
    const closed = this.#lastClosed();
    if (closed === this.#judged) void this.#save();
    else if (this.#shards.size === 0) this.#conclude(closed);
    else this.#gathering ??= this.#gather(closed);
    this.#arm();
  }

  async #gather(closed: number): Promise<void> {
    await this.#shards.gather(closed);
    this.#gathering = null;
    if (this.#isOpen) this.#conclude(closed);
  }

  #conclude(closed: number): void {
    this.#infer(closed);
    this.#judge.readPasts(this.heardSince);
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
    const peerOf = (node: string) => this.#shards.peerOf(node) ?? this.#roster.peerOf(node);
    const suspects = this.#shards.blamable(infer(evidence, { peerOf }), closed, (node) =>
      this.#roster.has(node),
    );
    for (const report of this.#window.between(this.#judged + 1, closed)) this.#totals.add(report);
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
    this.#judge.changed();
    this.#window.advance(now);
    this.#ledger.tidy(now);
    this.#shards.tidy(now, this.#judged);
    const historyEpochs = this.#history.isOn ? this.#settings.history.lookbackMs / epochMs : 0;
    this.#catalog.tidy(now - Math.max(this.#settings.ledger.keepEpochs, historyEpochs));
    this.#roster.tidy(this.#judged);
    this.#totals.tidy(this.#judged - this.#settings.nodes.forgetEpochs);
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

/** With six viewpoints 24,000 series, of about 2 MB: what a scraper takes without a thought. */
const maxTotalNodes = 2000;
