/**
 * What a handle profile may have to say, each with a weight: handles that pile up, buffers, listeners, and what is made
 * all the time. The diagnosis takes the weightiest.
 */
import { bufferKind, handleKey } from '../baseline/profile-baseline.ts';
import {
  bufferPlaces,
  creationPlaces,
  type HandlePlace,
  type HandlePlaces,
  makerOf,
} from '../profile/handle-places.ts';
import type { Frame, HandleProfile } from '../profile/handle-profile.ts';
import type { DiagnosisContext } from './context.ts';
import type { Suspect } from './diagnosis.ts';
import { functionAtPosition, namedFunction, placeOf } from './place-name.ts';
import { bytes, count, duration, percent } from './words.ts';

export interface HandleFinding {
  /** Above 1 it is worth naming. */
  readonly weight: number;
  readonly suspect: Suspect;
  /** After the title: `holds 4,279 outgoing sockets ...`. */
  readonly text: string;
}

/** So many of one kind from one place are many in any program. */
const manyHandles = 200;
const muchBuffered = 16 * 1024 * 1024;
/** Made per second at one place. */
const manyPerSecond = 500;
/** Of all handles, buffers or creations, for one place to be the matter. */
const leadingPart = 0.3;
/** From so many of a kind the rest of it may be guessed. */
const minKnown = 20;

const kindWords: Readonly<Record<string, string>> = {
  'tcp-client': 'outgoing sockets',
  'tcp-server': 'accepted connections',
  udp: 'UDP sockets',
  'child-process': 'child processes',
  Timeout: 'timers',
  Immediate: 'immediates',
  FSReqCallback: 'file operations',
  FSReqPromise: 'file operations',
  GetAddrInfoReqWrap: 'name lookups',
  TCPSocketWrap: 'TCP sockets',
  PipeWrap: 'pipes',
  TLSWrap: 'TLS connections',
  HTTPINCOMINGMESSAGE: 'HTTP messages',
};

export function wordsOf(kind: string): string {
  return kindWords[kind] ?? `handles of type ${kind}`;
}

export function handleFinding(
  place: HandlePlace,
  places: HandlePlaces,
  context: DiagnosisContext,
): HandleFinding | null {
  if (place.maker === null) return null;
  const before = context.baseline.handleCount(handleKey(place.kind, place.maker));
  const amount = place.count * withUnknown(place, places);
  const growth = amount - (before ?? 0);
  const share = amount / places.total;
  const suspect = suspectOf(place.maker, context, {
    construct: constructOf(place.kind),
    share,
    before: before === null ? null : Math.min(1, before / Math.max(1, places.total - growth)),
    amount: Math.round(amount),
  });
  const about = amount > place.count ? 'about ' : '';
  const past = before === null ? '' : ` (${ago(context)}: ${count(before)})`;
  const waiting =
    place.bufferedBytes >= muchBuffered ? `, with ${bytes(place.bufferedBytes)} waiting in them` : '';
  const text =
    `holds ${about}${count(amount)} ${wordsOf(place.kind)}${towards(place)} made by ` +
    `${functionAtPosition(suspect.place, suspect.owner)}, ${percent(share)} of all handles${past}${waiting}`;
  const weight = share >= leadingPart ? growth / manyHandles : 0;
  return { weight, suspect: { ...suspect, owner: suspect.owner || peerOwner(place) }, text };
}

/** Of some handles it is not known who made them: they are taken to be like the others of their kind, when enough are known. */
function withUnknown(place: HandlePlace, { places }: HandlePlaces): number {
  let known = 0;
  let all = 0;
  for (const other of places) {
    if (other.kind !== place.kind) continue;
    all += other.count;
    if (other.maker !== null) known += other.count;
  }
  return known >= minKnown ? all / known : 1;
}

export function bufferFinding(profile: HandleProfile, context: DiagnosisContext): HandleFinding | null {
  const places = bufferPlaces(profile);
  const total = places.reduce((sum, place) => sum + place.bytes, 0);
  const first = places.find((place) => place.maker !== null);
  if (first === undefined || first.maker === null || total === 0) return null;
  const before = context.baseline.handleCount(handleKey(bufferKind, first.maker));
  const totalBefore = context.baseline.handleCount(handleKey(bufferKind, null));
  const share = first.bytes / total;
  const suspect = suspectOf(first.maker, context, {
    construct: 'buffers',
    share,
    before: before === null ? null : Math.min(1, before / Math.max(1, totalBefore ?? 0)),
    amount: first.bytes,
  });
  const past = before === null ? '' : ` (${ago(context)}: ${bytes(before)})`;
  const text =
    `holds ${bytes(first.bytes)} in buffers made by ${functionAtPosition(suspect.place, suspect.owner)}, ` +
    `${percent(share)} of all buffers${past}`;
  return { weight: share >= leadingPart ? (first.bytes - (before ?? 0)) / muchBuffered : 0, suspect, text };
}

/** Node warns when one emitter has more listeners than it was meant to have: nearly always a leak. */
export function listenerFinding(profile: HandleProfile, context: DiagnosisContext): HandleFinding | null {
  const warning = profile.warnings.findLast(({ name }) => name === 'MaxListenersExceededWarning');
  const maker = warning === undefined ? null : makerOf(warning.stack);
  if (warning === undefined || maker === null) return null;
  const suspect = suspectOf(maker, context, { construct: 'listeners', share: 0, before: null, amount: 0 });
  const about = /(\d+) (\S+) listeners added to (?:\[(\w+)\])?/.exec(warning.message);
  const what =
    about === null ? '' : ` for '${about[2]}'${about[3] === undefined ? '' : ` on one ${about[3]}`}`;
  const text = `adds listeners${what} without removing them, in ${functionAtPosition(suspect.place, suspect.owner)}`;
  // Weighs less than anything that is large now, more than nothing.
  return { weight: 1.01, suspect, text };
}

export function creationFinding(profile: HandleProfile, context: DiagnosisContext): HandleFinding | null {
  const places = creationPlaces(profile).filter((place) => place.maker !== null);
  const [first] = places;
  if (first === undefined || first.maker === null || profile.armedMs <= 0) return null;
  const total = creationPlaces(profile).reduce((sum, place) => sum + place.created, 0);
  const share = first.created / total;
  const suspect = suspectOf(first.maker, context, {
    construct: constructOf(first.kind),
    share,
    before: null,
    amount: first.created,
  });
  const rate = (first.created * 1000) / profile.armedMs;
  const text =
    `makes ${count(rate)} ${wordsOf(first.kind)} a second in ${functionAtPosition(suspect.place, suspect.owner)} ` +
    `(${count(first.created)} in ${duration(profile.armedMs)}, ${count(first.alive)} of them still there)`;
  return { weight: share >= leadingPart ? rate / manyPerSecond : 0, suspect, text };
}

function suspectOf(
  maker: Frame,
  context: DiagnosisContext,
  numbers: Pick<Suspect, 'construct' | 'share' | 'before' | 'amount'>,
): Suspect {
  const named = namedFunction(context, maker);
  return { place: placeOf(context, named, maker.line), ...numbers, owner: context.ownerOf(maker.url) };
}

/** ` to 10.0.0.7:443`, of most of them when not of all. */
function towards({ peers, count: all }: HandlePlace): string {
  const [first] = peers;
  if (first === undefined) return '';
  if (first.count === all) return ` to ${first.peer}`;
  return first.count * 2 >= all
    ? ` (${count(first.count)} to ${first.peer})`
    : ` to ${count(peers.length)} peers`;
}

function peerOwner({ peers, count: all }: HandlePlace): string {
  const [first] = peers;
  return first !== undefined && first.count * 2 >= all ? `peer ${first.peer}` : '';
}

function constructOf(kind: string): Suspect['construct'] {
  if (kind === 'tcp-client' || kind === 'tcp-server' || kind === 'udp') return 'sockets';
  if (kind === 'Timeout' || kind === 'Immediate') return 'timers';
  if (kind === 'child-process') return 'child process';
  return kind.endsWith('SocketWrap') || kind === 'TLSWrap' || kind === 'TCPWRAP' ? 'sockets' : null;
}

function ago(context: DiagnosisContext): string {
  const elapsedMs = context.at - context.baseline.handlesAt;
  return elapsedMs > 0 ? `${duration(elapsedMs)} ago` : 'before';
}
