/** Handles, creations and buffers by the place of the program that made them. */
import { originOf } from './frame-origin.ts';
import type { Frame, HandleProfile } from './handle-profile.ts';

/** Where something was made: the innermost frame of the program; `null` when none is known. */
export function makerOf(stack: readonly Frame[]): Frame | null {
  return stack.find((frame) => originOf(frame) === 'program') ?? null;
}

export interface HandlePlace {
  readonly kind: string;
  readonly maker: Frame | null;
  readonly count: number;
  readonly bufferedBytes: number;
  readonly maxAgeMs: number;
  /** The other sides, most handles first. */
  readonly peers: readonly { readonly peer: string; readonly count: number }[];
}

export interface HandlePlaces {
  readonly total: number;
  /** Most handles first. */
  readonly places: readonly HandlePlace[];
}

interface Tally {
  readonly kind: string;
  readonly maker: Frame | null;
  count: number;
  bufferedBytes: number;
  maxAgeMs: number;
  readonly peers: Map<string, number>;
}

export function handlePlaces(profile: HandleProfile): HandlePlaces {
  const tallies = new Map<string, Tally>();
  let total = 0;
  for (const group of profile.groups) {
    total += group.count;
    const maker = makerOf(group.stack);
    const key = `${group.kind}\n${keyOf(maker)}`;
    let tally = tallies.get(key);
    if (tally === undefined) {
      tally = { kind: group.kind, maker, count: 0, bufferedBytes: 0, maxAgeMs: 0, peers: new Map() };
      tallies.set(key, tally);
    }
    tally.count += group.count;
    tally.bufferedBytes += group.bufferedBytes;
    tally.maxAgeMs = Math.max(tally.maxAgeMs, group.maxAgeMs);
    if (group.peer !== '') tally.peers.set(group.peer, (tally.peers.get(group.peer) ?? 0) + group.count);
  }
  const places = [...tallies.values()]
    .map((tally) => ({
      ...tally,
      peers: [...tally.peers].map(([peer, count]) => ({ peer, count })).sort((a, b) => b.count - a.count),
    }))
    .sort((a, b) => b.count - a.count);
  return { total, places };
}

export interface BufferPlace {
  readonly maker: Frame | null;
  readonly bytes: number;
}

/** Most bytes first. */
export function bufferPlaces(profile: HandleProfile): readonly BufferPlace[] {
  const tallies = new Map<string, { maker: Frame | null; bytes: number }>();
  for (const group of profile.buffers) {
    const maker = makerOf(group.stack);
    const tally = tallies.get(keyOf(maker)) ?? { maker, bytes: 0 };
    tallies.set(keyOf(maker), tally);
    tally.bytes += group.bytes;
  }
  return [...tallies.values()].sort((a, b) => b.bytes - a.bytes);
}

export interface CreationPlace {
  readonly kind: string;
  readonly maker: Frame | null;
  readonly created: number;
  readonly alive: number;
}

/** Most creations first. */
export function creationPlaces(profile: HandleProfile): readonly CreationPlace[] {
  const tallies = new Map<string, { kind: string; maker: Frame | null; created: number; alive: number }>();
  for (const group of profile.created) {
    const maker = makerOf(group.stack);
    const key = `${group.kind}\n${keyOf(maker)}`;
    const tally = tallies.get(key) ?? { kind: group.kind, maker, created: 0, alive: 0 };
    tallies.set(key, tally);
    tally.created += group.created;
    tally.alive += group.alive;
  }
  return [...tallies.values()].sort((a, b) => b.created - a.created);
}

function keyOf(frame: Frame | null): string {
  return frame === null ? '' : `${frame.functionName}\n${frame.url}\n${frame.line}`;
}
