/**
 * Which answer is right. It goes by the facts alone (what lies between two viewpoints, and who listens there), not by the
 * inference that it judges: whoever could have made the same counts cannot be told apart by anybody.
 */
import type { ModuleKind } from '../../../health/infer/evidence.ts';
import { Viewpoint } from '../../../health/observe/viewpoint.ts';
import { type Edge, edges } from './topology.ts';

/** A module or an application of a node; or, with a `callee`, the way from `node` to it. */
export interface Place {
  readonly node: string;
  readonly kind: ModuleKind | 'link';
  readonly callee?: string;
}

/** What is planted on which calls, and how many viewpoints see it. */
export interface Fault {
  readonly place: Place;
  /** Viewpoints from the caller's inward that count these calls as failed, whether anybody hears them or not: 0 to 6. */
  readonly seen: number;
  /** The last of them calls the failures its own. */
  readonly own: boolean;
  /** The edges whose calls it breaks; those of the place's node, or its link, when left out. */
  readonly on?: readonly Edge[];
}

/** Whether anybody hears what is counted there. */
export type Listening = (node: string, viewpoint: Viewpoint) => boolean;

/** Who lies between each viewpoint and the next; what the last sees arose in the called application. */
const between: readonly (readonly Place['kind'][])[] = [
  ['outbound_downstream'],
  ['outbound_downstream', 'outbound_upstream'],
  ['outbound_upstream', 'link', 'inbound_downstream'],
  ['inbound_downstream', 'inbound_upstream'],
  ['inbound_upstream', 'application'],
  ['application'],
];
/** Whose word it is when a viewpoint calls a failure its own; the calling application is not among those to be blamed. */
const owner: readonly (Place['kind'] | null)[] = [
  null,
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
  'application',
];
const inboundUpstream = 4;
const firstInbound = 3;

/**
 * Places that explain everything that is counted: one, or several that nobody could tell apart; none: nobody sees it, and
 * nobody is to be blamed.
 */
export function answerTo(fault: Fault, listening: Listening): readonly Place[] {
  const failing = fault.on ?? edgesOf(fault.place);
  const sets = failing.map((edge) => explanations(edge, fault, listening)).filter((set) => set.length > 0);
  const [first = [], ...others] = sets;
  const common = first.filter((place) => others.every((set) => set.some((other) => isSame(other, place))));
  const all = unique(sets.flat());
  // One cause is likelier than several that set in together.
  const places = common.length > 0 ? common : all;
  const guilty = places.filter((place) => !isCleared(place, failing));
  return guilty.length > 0 ? guilty : places;
}

/** Calls of the same module that go well elsewhere clear it. */
function isCleared(place: Place, failing: readonly Edge[]): boolean {
  return edgesOf(place).some(([caller, callee]) => !failing.some(([a, b]) => a === caller && b === callee));
}

function explanations(
  edge: Edge,
  { seen, own }: Pick<Fault, 'seen' | 'own'>,
  listening: Listening,
): readonly Place[] {
  const heard = Viewpoint.map((viewpoint, index) => listening(edge[index < firstInbound ? 0 : 1], viewpoint));
  const from = heard.slice(0, seen).lastIndexOf(true);
  if (from === -1) return [];
  const speaker = owner[from];
  if (own && from === seen - 1 && speaker !== null && speaker !== undefined) return [placeOn(edge, speaker)];
  const next = heard.indexOf(true, seen);
  const to = next === -1 ? Viewpoint.length : next;
  // A proxy says that its application failed, and nobody behind it says otherwise: it is believed.
  const kinds =
    from === inboundUpstream && to === Viewpoint.length
      ? ['application' as const]
      : between.slice(from, to).flat();
  return unique(kinds.map((kind) => placeOn(edge, kind)));
}

function placeOn([caller, callee]: Edge, kind: Place['kind']): Place {
  if (kind === 'link') return { node: caller, kind, callee };
  return { node: kind.startsWith('outbound') ? caller : callee, kind };
}

/** All edges whose calls pass a place. */
function edgesOf({ node, kind, callee }: Place): readonly Edge[] {
  if (kind === 'link') return [[node, callee ?? '']];
  return edges.filter(([from, to]) => (kind.startsWith('outbound') ? from : to) === node);
}

export function isSame(a: Place, b: Place): boolean {
  return a.node === b.node && a.kind === b.kind && (a.callee ?? '') === (b.callee ?? '');
}

export function unique(places: readonly Place[]): readonly Place[] {
  return places.filter((place, index) => places.findIndex((other) => isSame(other, place)) === index);
}

/** `inbound_downstream of cart-3`, `web-1 to cart-2`. */
export function placeText({ node, kind, callee }: Place): string {
  return kind === 'link' ? `${node} to ${callee}` : `${kind} of ${node}`;
}
