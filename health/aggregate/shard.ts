/** What is known of one shard: the last epochs of its nodes, hours of its counts, and whether it answers. */
import type { EpochPart } from '../infer/epoch-table.ts';
import type { Peer } from '../observe/viewpoint.ts';
import { type LedgerSettings, ReleaseLedger } from './release-ledger.ts';
import { maxPartSpan, type PartQuestion, type ShardNode, type ShardPart } from './shard-part.ts';

export interface ShardView {
  /** Its address, without what is secret. */
  readonly shard: string;
  /** `missing`: it has not answered for the last epoch that was judged. */
  readonly status: 'answering' | 'missing';
  /** Why it did not answer when it was last asked; empty: it did. */
  readonly reason: string;
  /** The last epoch that it answered for; -1: none. */
  readonly lastEpoch: number;
  readonly nodes: number;
}

export interface ShardOptions {
  readonly name: string;
  readonly ledger: LedgerSettings;
  /** An inference looks at so many epochs. */
  readonly inferEpochs: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

export class Shard {
  readonly name: string;
  readonly ledger: ReleaseLedger;
  readonly #options: ShardOptions;
  readonly #parts = new Map<number, EpochPart>();
  /** Of each epoch that came, how many reports were in it. */
  readonly #revisions = new Map<number, number>();
  #nodes = new Map<string, ShardNode>();
  /** Epochs whose counts are still to be fetched. */
  #backlog: Span | null = null;
  #answered = -1;
  #reason = '';

  constructor(options: ShardOptions) {
    this.#options = options;
    this.name = options.name;
    // What comes anew of an epoch replaces what there was of it, which must not have been added to others by then.
    const fineEpochs = Math.max(options.ledger.fineEpochs, 2 * options.inferEpochs);
    this.ledger = new ReleaseLedger({ ...options.ledger, fineEpochs });
  }

  /** What must be known for an inference over the epochs up to `to`. */
  newest(to: number): PartQuestion {
    const from = Math.max(0, to - this.#options.inferEpochs + 1);
    return this.#question({ from, to }, from);
  }

  /** The next of what was missed; `null`: nothing. */
  missed(): PartQuestion | null {
    if (this.#backlog === null) return null;
    const { from, to } = this.#backlog;
    return this.#question({ from, to: Math.min(to, from + maxPartSpan - 1) }, to + 1);
  }

  /** Answers whether that is all: else it has not judged so far yet. */
  takeNewest(part: ShardPart, question: PartQuestion): boolean {
    const { to } = question;
    this.#take(part, question);
    this.#nodes = new Map(part.nodes.map((node) => [node[0], node]));
    if (part.judgedEpoch < to) return false;
    const next = to - this.#options.inferEpochs;
    const since = this.#answered < 0 ? Math.max(0, to - this.#options.ledger.keepEpochs) : this.#answered + 1;
    if (since <= next) this.#backlog = { from: Math.min(since, this.#backlog?.from ?? since), to: next };
    this.#answered = Math.max(this.#answered, to);
    this.#reason = '';
    return true;
  }

  takeMissed(part: ShardPart, question: PartQuestion): void {
    const { to } = question;
    // By now counts may be by the minute, here or there: what has come before cannot be replaced epoch by epoch.
    this.#take({ epochs: part.epochs.filter(({ epoch }) => !question.known.has(epoch)) }, question);
    if (this.#backlog === null) return;
    this.#backlog = to >= this.#backlog.to ? null : { from: to + 1, to: this.#backlog.to };
  }

  failed(reason: string): void {
    this.#reason = reason;
  }

  /** Whether it has answered for this epoch. */
  answeredFor(epoch: number): boolean {
    return this.#answered >= epoch;
  }

  parts(from: number, to: number): readonly EpochPart[] {
    return [...this.#parts.values()].filter(({ epoch }) => epoch >= from && epoch <= to);
  }

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  /** Nodes whose report on the epochs up to `to` is to be waited for. */
  *expected(to: number, forgetEpochs: number): IterableIterator<string> {
    for (const [node, , , , first, last] of this.#nodes.values())
      if (first <= to && last > to - forgetEpochs) yield node;
  }

  /** First epoch that it told of; infinite for a node that is not here. */
  knownSince(node: string): number {
    return this.#nodes.get(node)?.[4] ?? Number.POSITIVE_INFINITY;
  }

  peerOf(name: string): Peer | null {
    const known = this.#nodes.get(name);
    if (known === undefined) return null;
    const [node, service, version, release] = known;
    return { node, service, version, release };
  }

  /** `now`: the epoch under way. */
  tidy(now: number, judged: number): void {
    this.ledger.tidy(now);
    for (const epoch of [...this.#parts.keys()])
      if (epoch <= judged - this.#options.inferEpochs) this.#parts.delete(epoch);
    for (const epoch of [...this.#revisions.keys()])
      if (epoch < now - this.#options.ledger.keepEpochs) this.#revisions.delete(epoch);
  }

  view(judged: number): ShardView {
    return {
      shard: this.name,
      status: this.answeredFor(judged) ? 'answering' : 'missing',
      reason: this.#reason,
      lastEpoch: this.#answered,
      nodes: this.#nodes.size,
    };
  }

  #question(span: Span, partsFrom: number): PartQuestion {
    const known = new Map<number, number>();
    for (let epoch = span.from; epoch <= span.to; epoch++) {
      const revision = this.#revisions.get(epoch);
      if (revision !== undefined) known.set(epoch, revision);
    }
    return { ...span, partsFrom, known };
  }

  #take({ epochs }: Pick<ShardPart, 'epochs'>, { from, to }: PartQuestion): void {
    for (const { epoch, revision, part, rows } of epochs) {
      const known = this.#revisions.get(epoch);
      if (epoch < from || epoch > to || revision <= (known ?? -1)) continue;
      this.#revisions.set(epoch, revision);
      if (known !== undefined) this.ledger.drop(epoch);
      for (const row of rows) this.ledger.add(epoch, row);
      if (part !== null) this.#parts.set(epoch, part);
    }
  }
}
