/**
 * A call's way is cut at its viewpoints: failures that one viewpoint saw and no later one did arose between the two. Who
 * may have caused them follows from where the cut is, and from whether the viewpoint calls them its own.
 *
 *   caller | OD_i | OU_i | ID_j | IU_j | callee
 *   x1 {OD_i}  x2 {OD_i, OU_i}  x3 {OU_i, link, ID_j}  x4 {ID_j, IU_j}  x5 {IU_j}  x6 {APP_j}
 *
 * A silent viewpoint joins its two segments and their candidates.
 */
import { firstInbound, viewpointCount } from './epoch-edges.ts';
import type { EdgeRow, ModuleKind } from './evidence.ts';

/** A module, or (`link`) the way between the two nodes, which is nobody's module but must be able to be the cause. */
export type CauseKind = ModuleKind | 'link';

export interface Segment {
  /** Viewpoint at which the failures were seen, 0 to 5, and the next one that counted, 6: none. */
  readonly from: number;
  readonly to: number;
  /** The viewpoint calls these failures its own. */
  readonly local: boolean;
  /** At least 1. */
  readonly excess: number;
  /** Who may have caused them; never empty. */
  readonly causes: readonly CauseKind[];
  /** Where several may have: the one for which the viewpoint's word speaks; `null`: it speaks for none. */
  readonly likely: CauseKind | null;
}

/** Between each viewpoint and the next one. */
const causesBetween: readonly (readonly CauseKind[])[] = [
  ['outbound_downstream'],
  ['outbound_downstream', 'outbound_upstream'],
  ['outbound_upstream', 'link', 'inbound_downstream'],
  ['inbound_downstream', 'inbound_upstream'],
  ['inbound_upstream'],
  ['application'],
];
/** The module in which a viewpoint counts. The calling application's own failures are no module's. */
const moduleAt: readonly (CauseKind | null)[] = [
  null,
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
  'application',
];
/** Who comes next on the way: a module that fails without noticing is noticed by the one before it. */
const nextAfter: readonly CauseKind[] = [
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
  'application',
  'application',
];
const inboundUpstream = 4;

/** Whether the cause belongs to the called node. */
export function ofCallee(kind: CauseKind): boolean {
  return kind === 'inbound_downstream' || kind === 'inbound_upstream' || kind === 'application';
}

/** The called node said nothing, so all that the caller's node passed on and did not get back may have been lost there. */
export function isCalleeSilent({ from, to }: Segment): boolean {
  return from === firstInbound - 1 && to === viewpointCount;
}

/**
 * The segments of a row in which failures arose. `skewTolerance`: two nodes' clocks differ, so of the failures that pass
 * from one to the other such a share may lie in another epoch for the first than for the second.
 */
export function segmentsOf(row: EdgeRow, skewTolerance: number): readonly Segment[] {
  const segments: Segment[] = [];
  // Failures that any later viewpoint saw, not only the next: a counter that misses some must not look like their cause.
  let deeper = 0;
  let to = viewpointCount;
  for (let from = viewpointCount - 1; from >= 0; from--) {
    const failures = row.failures[from] ?? -1;
    if (failures < 0) continue;
    const excess = failures - deeper;
    if (excess > 0) {
      const own = Math.min(Math.max(0, row.local[from] ?? 0), excess);
      const crosses = from < firstInbound && to >= firstInbound && to < viewpointCount;
      const others = excess - own - (crosses ? Math.ceil(deeper * skewTolerance) : 0);
      addOthers(segments, { row, from, to, excess: others });
      addOwn(segments, { row, from, to, excess: own });
    }
    deeper = Math.max(deeper, failures);
    to = from;
  }
  return segments.reverse();
}

interface Part {
  readonly row: EdgeRow;
  readonly from: number;
  readonly to: number;
  readonly excess: number;
}

function addOwn(segments: Segment[], { row, from, to, excess }: Part): void {
  const kind = moduleAt[from] ?? null;
  if (excess < 1 || kind === null || nodeOf(row, kind) === '') return;
  segments.push({ from, to, local: true, excess, causes: [kind], likely: kind });
}

function addOthers(segments: Segment[], { row, from, to, excess }: Part): void {
  if (excess < 1) return;
  const causes = causesOf(from, to);
  // One of them may be a node that nobody knows: blaming one of the others would be a guess.
  if (causes.some((kind) => nodeOf(row, kind) === '')) return;
  const next = nextAfter[from] ?? null;
  const likely = to === from + 1 || causes.length === 1 ? next : null;
  segments.push({ from, to, local: false, excess, causes, likely });
}

function causesOf(from: number, to: number): readonly CauseKind[] {
  // The proxy says that its application failed. Where the application says nothing, that stands; where it says that it saw
  // none (it hung, it broke the connection), either may be right.
  if (from === inboundUpstream)
    return to === viewpointCount ? ['application'] : ['inbound_upstream', 'application'];
  return [...new Set(causesBetween.slice(from, to).flat())];
}

/** Empty text: not known. */
function nodeOf(row: EdgeRow, kind: CauseKind): string {
  if (kind === 'link') return row.caller === '' ? '' : row.callee;
  return ofCallee(kind) ? row.callee : row.caller;
}
