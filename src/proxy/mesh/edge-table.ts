/**
 * How one data thread counts its calls: per peer and outcome, per epoch of ten seconds of wall-clock time, which is the
 * same for all nodes, so that the counts of two ends of a call can be subtracted. A closed epoch leaves as plain data.
 * In the steady state counting is one look-up and one addition.
 */
import type { Clock, Timer } from '../../base/index.ts';
import { type CallOrigin, outcomeLimit, unpackOutcome } from './call-outcome.ts';
import { type MeshPeer, maxPeerText, otherPeer, parsePeer, unknownPeer } from './peer-text.ts';

const epochMs = 10_000;

/** Whose call it is that a listener carries: its own application's (also a gateway's), or one to it. */
export type EdgeRole = 'outbound' | 'inbound';

/** Calls with one peer that ended in the same way. */
export interface EdgeCount {
  readonly role: EdgeRole;
  readonly peer: MeshPeer;
  readonly calls: number;
  /** Tries: of the calls that went, or should have gone, to an upstream, each retry too. */
  readonly upstreamCalls: number;
  readonly downstreamFailed: number;
  readonly upstreamFailed: number;
  /** Without meaning where `reason` is empty. */
  readonly origin: CallOrigin;
  /** A response flag such as `UF`, or `5xx`; empty: nothing went wrong. */
  readonly reason: string;
}

export interface EdgeEpoch {
  /** Unix milliseconds divided by `epochMs`. */
  readonly epoch: number;
  readonly rows: readonly EdgeCount[];
  /** Calls that were counted as `_other` because there were too many peers or too many ways to fail. */
  readonly overflowed: number;
  /** Calls of earlier epochs that nobody took in time. */
  readonly lost: number;
}

interface Tally {
  calls: number;
}

/** One peer as it introduces itself; kept by whoever expects to meet it again. */
export class PeerEntry {
  readonly peer: MeshPeer;
  /** The header's value as it came. */
  readonly text: Buffer;
  /** By packed outcome and role. */
  readonly tallies: Map<number, Tally> = new Map();
  /** False once it was forgotten: its text has to be looked up again. */
  listed = true;
  /** Epochs in a row without a call. */
  idle = 0;

  constructor(peer: MeshPeer, text: string) {
    this.peer = peer;
    this.text = Buffer.from(text, 'latin1');
  }
}

export interface EdgeTableOptions {
  readonly clock: Clock;
  readonly maxPeers: number;
  readonly post: (epoch: EdgeEpoch) => void;
}

/** An entry without calls for so many epochs makes room. */
const maxIdleEpochs = 6;
/** Posted and not taken yet; a control thread that is further behind would only get further behind. */
const maxUntaken = 6;
/** Ways to end, on average over all peers: nearly every peer has one, and a few have many. */
const talliesPerPeer = 4;

export class EdgeTable {
  /** Whoever did not introduce himself. */
  readonly unknown: PeerEntry = new PeerEntry(unknownPeer, '');
  readonly #other: PeerEntry = new PeerEntry(otherPeer, '');
  readonly #peers = new Map<string, PeerEntry>();
  readonly #clock: Clock;
  readonly #post: (epoch: EdgeEpoch) => void;
  #maxPeers: number;
  #tallies = 0;
  #epoch: number;
  /** On the monotonic clock, which is read once per turn while the wall clock is a call each. */
  #endsAtMs: number;
  #timer: Timer | null = null;
  #closed = false;
  #overflowed = 0;
  #calls = 0;
  #lost = 0;
  #untaken = 0;

  constructor({ clock, maxPeers, post }: EdgeTableOptions) {
    this.#clock = clock;
    this.#post = post;
    this.#maxPeers = maxPeers;
    const wall = clock.wall();
    this.#epoch = Math.floor(wall / epochMs);
    this.#endsAtMs = endOf(wall, clock.now());
  }

  set maxPeers(count: number) {
    this.#maxPeers = count;
  }

  /** From now on epochs are closed and posted when they end, also empty ones: who says nothing is not there. */
  start(): void {
    if (this.#timer === null && !this.#closed) this.#arm();
  }

  /** `text`: the header's value. `null`: that is no introduction. */
  peerOf(text: string): PeerEntry | null {
    const known = this.#peers.get(text);
    if (known !== undefined) return known;
    if (text.length > maxPeerText) return null;
    const peer = parsePeer(text);
    if (peer === null) return null;
    if (this.#peers.size >= this.#maxPeers) return this.#other;
    const entry = new PeerEntry(peer, text);
    this.#peers.set(text, entry);
    return entry;
  }

  /** `packed`: see `packOutcome` and `packRetriedTry`. */
  add(role: EdgeRole, entry: PeerEntry, packed: number): void {
    if (this.#closed) return;
    if (this.#clock.now() >= this.#endsAtMs) this.#turn();
    this.#calls++;
    const key = role === 'inbound' ? packed + outcomeLimit : packed;
    // An exchange, or a connection, may last longer than its peer was remembered.
    const known = entry.listed ? entry : (this.peerOf(entry.text.toString('latin1')) ?? this.unknown);
    if (known === this.#other) this.#overflowed++;
    const tally = known.tallies.get(key) ?? this.#newTally(known, key);
    tally.calls++;
  }

  /** The control thread has dealt with one post. */
  taken(): void {
    if (this.#untaken > 0) this.#untaken--;
  }

  /** Posts what the running epoch has so far. Nothing is counted afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#deliver();
    this.#closed = true;
  }

  #newTally(entry: PeerEntry, key: number): Tally {
    const isBound = entry !== this.#other && entry !== this.unknown;
    if (isBound && this.#tallies >= talliesPerPeer * this.#maxPeers) {
      this.#overflowed++;
      return this.#other.tallies.get(key) ?? this.#newTally(this.#other, key);
    }
    if (isBound) this.#tallies++;
    const tally = { calls: 0 };
    entry.tallies.set(key, tally);
    return tally;
  }

  #arm(): void {
    const delayMs = Math.max(1, this.#endsAtMs - this.#clock.now());
    this.#timer = this.#clock.after(delayMs, () => {
      if (this.#clock.now() >= this.#endsAtMs) this.#turn();
      this.#arm();
    });
  }

  /** The epoch should be over; the wall clock has the last word. */
  #turn(): void {
    const wall = this.#clock.wall();
    const epoch = Math.floor(wall / epochMs);
    this.#endsAtMs = endOf(wall, this.#clock.now());
    if (epoch === this.#epoch) return;
    this.#deliver();
    this.#epoch = epoch;
  }

  #deliver(): void {
    const calls = this.#calls;
    this.#calls = 0;
    if (this.#untaken >= maxUntaken) {
      this.#lost += calls;
      this.#overflowed = 0;
      for (const entry of this.#entries()) this.#settle(entry, null);
      return;
    }
    const rows: EdgeCount[] = [];
    for (const entry of this.#entries()) this.#settle(entry, rows);
    this.#untaken++;
    this.#post({ epoch: this.#epoch, rows, overflowed: this.#overflowed, lost: this.#lost });
    this.#overflowed = 0;
    this.#lost = 0;
  }

  *#entries(): Iterable<PeerEntry> {
    yield this.unknown;
    yield this.#other;
    yield* this.#peers.values();
  }

  /** Takes the counts of an entry, and forgets what has not been needed for long. */
  #settle(entry: PeerEntry, rows: EdgeCount[] | null): void {
    let calls = 0;
    for (const [key, tally] of entry.tallies) {
      if (tally.calls > 0) rows?.push(rowOf(entry.peer, key, tally.calls));
      calls += tally.calls;
      tally.calls = 0;
    }
    entry.idle = calls === 0 ? entry.idle + 1 : 0;
    if (entry.idle < maxIdleEpochs) return;
    if (entry === this.unknown || entry === this.#other) {
      entry.tallies.clear();
      return;
    }
    this.#tallies -= entry.tallies.size;
    entry.tallies.clear();
    entry.listed = false;
    entry.idle = 0;
    this.#peers.delete(entry.text.toString('latin1'));
  }
}

function rowOf(peer: MeshPeer, key: number, calls: number): EdgeCount {
  const outcome = unpackOutcome(key % outcomeLimit);
  const { ended, downstreamFailed, upstreamFailed, tried, origin, reason } = outcome;
  return {
    role: key >= outcomeLimit ? 'inbound' : 'outbound',
    peer,
    calls: ended ? calls : 0,
    upstreamCalls: tried ? calls : 0,
    downstreamFailed: downstreamFailed ? calls : 0,
    upstreamFailed: upstreamFailed ? calls : 0,
    origin,
    reason,
  };
}

/** When the epoch of `wall` ends, on the clock that shows `now` at this moment. */
function endOf(wall: number, now: number): number {
  return now + epochMs - (wall % epochMs);
}
