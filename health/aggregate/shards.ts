/**
 * The shards that a second level joins: asked once an epoch is over, all at a time, again and again for some seconds,
 * and then judged from those that are there. Who is missing is known, and nobody is blamed for it.
 */
import type { Clock } from '../clock.ts';
import type { EpochPart } from '../infer/epoch-table.ts';
import type { Suspect } from '../infer/evidence.ts';
import type { HealthLog } from '../log.ts';
import type { Peer } from '../observe/viewpoint.ts';
import type { VersionRecord } from './release-catalog.ts';
import type { LedgerSettings, ReleaseLedger } from './release-ledger.ts';
import { Shard, type ShardView } from './shard.ts';
import { ShardClient } from './shard-client.ts';
import type { ShardSettings } from './shard-settings.ts';

export interface ShardsOptions {
  readonly settings: readonly ShardSettings[];
  readonly ledger: LedgerSettings;
  /** An inference looks at so many epochs. */
  readonly inferEpochs: number;
  readonly clock: Clock;
  readonly log: HealthLog;
  /** Versions that a shard knows. */
  readonly learn: (record: VersionRecord) => void;
}

interface Member {
  readonly shard: Shard;
  readonly client: ShardClient;
  isMissing: boolean;
}

/** After the end of an epoch's grace; the next one ends ten seconds later. */
const gatherMs = 7000;
const attemptMs = 3000;
/** A shard's own timer fires when ours does, or a bit later. */
const pauseMs = 500;
/** Pages of what was missed, in one epoch. */
const maxPages = 10;

export class Shards {
  readonly #options: ShardsOptions;
  readonly #members: readonly Member[];
  readonly #closing: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #isClosed = false;
  #catchingUp: Promise<void> | null = null;

  constructor(options: ShardsOptions) {
    this.#options = options;
    const { ledger, inferEpochs, clock } = options;
    this.#members = options.settings.map((one) => {
      const client = new ShardClient(one, clock);
      return { shard: new Shard({ name: client.name, ledger, inferEpochs }), client, isMissing: false };
    });
  }

  get size(): number {
    return this.#members.length;
  }

  /** Asks all of them for what they know of the epochs up to `to`. Fulfilled in seven seconds; never rejects. */
  async gather(to: number): Promise<void> {
    const end = this.#options.clock.now() + gatherMs;
    await Promise.all(this.#members.map((member) => this.#newest(member, to, end)));
    if (this.#isClosed) return;
    for (const member of this.#members) this.#note(member, to);
    this.#catchingUp ??= this.#catchUp();
  }

  /** What was missed has been fetched, or tried. For tests and an orderly end. */
  settled(): Promise<void> {
    return this.#catchingUp ?? Promise.resolve();
  }

  /** Those that have not answered for this epoch. */
  missing(epoch: number): readonly string[] {
    return this.#members.filter(({ shard }) => !shard.answeredFor(epoch)).map(({ shard }) => shard.name);
  }

  views(judged: number): readonly ShardView[] {
    return this.#members.map(({ shard }) => shard.view(judged));
  }

  get ledgers(): readonly ReleaseLedger[] {
    return this.#members.map(({ shard }) => shard.ledger);
  }

  parts(from: number, to: number): readonly EpochPart[] {
    return this.#members.flatMap(({ shard }) => shard.parts(from, to));
  }

  /** Nodes of the shards that are there whose report on the epochs up to `to` is to be waited for. */
  *expected(to: number, forgetEpochs: number): IterableIterator<string> {
    for (const { shard } of this.#present(to)) yield* shard.expected(to, forgetEpochs);
  }

  knownSince(node: string): number {
    return Math.min(...this.#members.map(({ shard }) => shard.knownSince(node)));
  }

  peerOf(node: string): Peer | null {
    for (const { shard } of this.#members) {
      const peer = shard.peerOf(node);
      if (peer !== null) return peer;
    }
    return null;
  }

  /**
   * While a shard is missing nobody is blamed who reports to none of those that are there: what speaks for him may be
   * with the missing one. `isOwn`: who reports to this aggregator itself.
   */
  blamable(
    suspects: readonly Suspect[],
    epoch: number,
    isOwn: (node: string) => boolean,
  ): readonly Suspect[] {
    if (this.missing(epoch).length === 0) return suspects;
    const present = this.#present(epoch);
    const isHere = (node: string) => isOwn(node) || present.some(({ shard }) => shard.has(node));
    return suspects.filter(({ node, link }) =>
      link === undefined ? isHere(node) : isHere(link.caller) && isHere(link.callee),
    );
  }

  /** `now`: the epoch under way. */
  tidy(now: number, judged: number): void {
    for (const { shard } of this.#members) shard.tidy(now, judged);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.resolve();
    for (const { client } of this.#members) client.close();
    await this.settled();
  }

  #present(epoch: number): readonly Member[] {
    return this.#members.filter(({ shard }) => shard.answeredFor(epoch));
  }

  async #newest({ shard, client }: Member, to: number, end: number): Promise<void> {
    const { clock } = this.#options;
    while (!this.#isClosed) {
      const leftMs = end - clock.now();
      try {
        const question = shard.newest(to);
        const part = await client.ask(question, Math.min(attemptMs, leftMs));
        if (this.#isClosed) return;
        for (const record of part.versions) this.#options.learn(record);
        if (shard.takeNewest(part, question)) return;
        shard.failed(
          `it has judged the epochs up to ${part.judgedEpoch}, and not ${to} yet: is its clock behind?`,
        );
      } catch (error) {
        shard.failed(error instanceof Error ? error.message : String(error));
      }
      if (clock.now() + pauseMs >= end) return;
      await this.#pause(pauseMs);
    }
  }

  async #catchUp(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#missed(member)));
    this.#catchingUp = null;
  }

  /** What fails is tried again after the next epoch. */
  async #missed({ shard, client }: Member): Promise<void> {
    try {
      for (let page = 0; page < maxPages && !this.#isClosed; page++) {
        const question = shard.missed();
        if (question === null) return;
        shard.takeMissed(await client.ask(question, attemptMs), question);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isClosed)
        this.#options.log.info('older counts of a shard did not come', { shard: shard.name, reason });
    }
  }

  #note(member: Member, to: number): void {
    const { shard } = member;
    const isMissing = !shard.answeredFor(to);
    if (isMissing === member.isMissing) return;
    member.isMissing = isMissing;
    const { log } = this.#options;
    if (isMissing) log.warn('a shard is missing', { shard: shard.name, reason: shard.view(to).reason });
    else log.info('a shard is back', { shard: shard.name });
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(ms, resolve);
    return Promise.race([promise, this.#closing.promise]).finally(() => timer.cancel());
  }
}
