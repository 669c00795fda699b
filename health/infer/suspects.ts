/** Causes as people and pipelines read them: the node and its module, what shows it, and what speaks for the others. */
import type { Peer } from '../observe/viewpoint.ts';
import type { Evidence, ModuleKind, Suspect } from './evidence.ts';
import type { Cause } from './noisy-or.ts';
import type { Candidate, Piece, PieceTable } from './piece-table.ts';
import { ofCallee } from './segments.ts';
import { sentenceOf } from './sentence.ts';

export interface SuspectContext {
  readonly evidence: Evidence;
  readonly table: PieceTable;
  /** Share of calls that each piece loses under the model. */
  readonly fitted: Float64Array;
  readonly threshold: number;
  readonly minTheta: number;
  readonly minExcess: number;
  readonly peerOf: (node: string) => Peer;
}

const maxEdges = 10;
const maxContrast = 5;

/** The causes of one model, the one that explains most first. */
export function suspectsOf(causes: readonly Cause[], context: SuspectContext): readonly Suspect[] {
  return [...causes]
    .sort((a, b) => b.gain - a.gain || a.candidate - b.candidate)
    .flatMap((cause) => {
      const candidate = context.table.candidates[cause.candidate];
      return candidate === undefined ? [] : [suspectOf(cause, candidate, context)];
    });
}

function suspectOf(cause: Cause, candidate: Candidate, context: SuspectContext): Suspect {
  const { evidence, threshold } = context;
  const { node, callee } = candidate;
  const kind: ModuleKind = candidate.kind === 'link' ? 'outbound_upstream' : candidate.kind;
  const { service, version, release } = context.peerOf(node);
  const peers = peersOf(candidate, context);
  const found = {
    node,
    kind,
    ...(candidate.kind === 'link' ? { link: { caller: node, callee } } : {}),
    service,
    version,
    release,
    theta: cause.theta,
    explained: cause.explained,
    gain: cause.gain,
    threshold,
    ambiguity: ambiguityOf(cause, candidate, context),
    edges: edgesOf(cause, candidate, context),
    contrast: candidate.kind === 'link' ? [] : contrastOf(candidate, peers, context),
  };
  const sentence = sentenceOf({
    suspect: found,
    calls: candidate.calls,
    peers: peers.size,
    uncleanPeers: uncleanPeers(candidate, peers, context),
    orLink:
      candidate.kind !== 'link' &&
      cause.alternatives.some((other) => kindOf(other.candidate, context) === 'link'),
    missing: evidence.missing.get(node) ?? 0,
    epochs: evidence.to - evidence.from + 1,
  });
  return { ...found, sentence };
}

/** A link is no module: it stands for the two modules that it lies between. */
function ambiguityOf(cause: Cause, candidate: Candidate, { table }: SuspectContext): Suspect['ambiguity'] {
  const { node, kind, callee } = candidate;
  if (kind === 'link') {
    return [
      { node, kind: 'outbound_upstream', gain: cause.gain },
      { node: callee, kind: 'inbound_downstream', gain: cause.gain },
    ];
  }
  const others = cause.alternatives.flatMap((other) => {
    const found = table.candidates[other.candidate];
    if (found === undefined || found.kind === 'link' || other.candidate === cause.candidate) return [];
    return [{ node: found.node, kind: found.kind, gain: other.gain }];
  });
  const own = cause.alternatives.find((other) => other.candidate === cause.candidate);
  return [{ node, kind, gain: own?.gain ?? cause.gain }, ...others];
}

/** Those that show it best; of their failures those that it explains. */
function edgesOf(cause: Cause, candidate: Candidate, context: SuspectContext): Suspect['edges'] {
  const { evidence, table, fitted } = context;
  const byEdge = new Map<
    string,
    { caller: string; callee: string; calls: number; excess: number; rows: Set<number> }
  >();
  for (const index of candidate.pieces) {
    const piece = table.pieces[index];
    const row = piece === undefined ? undefined : evidence.rows[piece.row];
    if (piece === undefined || row === undefined) continue;
    const share = Math.min(1, cause.theta / Math.max(cause.theta, fitted[index] ?? 1));
    const key = `${row.caller}\n${row.callee}`;
    const edge = byEdge.get(key) ?? {
      caller: row.caller,
      callee: row.callee,
      calls: 0,
      excess: 0,
      rows: new Set(),
    };
    byEdge.set(key, edge);
    edge.excess += piece.segment.excess * share;
    if (!edge.rows.has(piece.row)) edge.calls += row.calls;
    edge.rows.add(piece.row);
  }
  return [...byEdge.values()]
    .map(({ caller, callee, calls, excess }) => ({ caller, callee, calls, excess: Math.round(excess) }))
    .sort((a, b) => b.excess - a.excess)
    .slice(0, maxEdges);
}

/** Nodes at the other end of the failing calls, those that are known. */
function peersOf(candidate: Candidate, { evidence, table }: SuspectContext): ReadonlySet<string> {
  const peers = new Set<string>();
  for (const index of candidate.pieces) {
    const row = evidence.rows[table.pieces[index]?.row ?? -1];
    const peer = ofCallee(candidate.kind) ? row?.caller : row?.callee;
    if (peer !== undefined && peer !== '') peers.add(peer);
  }
  return peers;
}

/** Edges of the same peers with other nodes, on which the peers' own modules lost nothing. */
function contrastOf(
  candidate: Candidate,
  peers: ReadonlySet<string>,
  { evidence, table }: SuspectContext,
): Suspect['contrast'] {
  const inbound = ofCallee(candidate.kind);
  const losing = new Set<number>();
  for (const piece of table.pieces) {
    const row = evidence.rows[piece.row];
    if (row !== undefined && mayBe(piece, inbound ? row.caller : row.callee, table)) losing.add(piece.row);
  }
  return evidence.rows
    .filter((row, index) => {
      const [peer, other] = inbound ? [row.caller, row.callee] : [row.callee, row.caller];
      return other !== '' && other !== candidate.node && peers.has(peer) && !losing.has(index);
    })
    .sort((a, b) => b.calls - a.calls)
    .slice(0, maxContrast)
    .map(({ caller, callee, calls }) => ({ caller, callee, calls }));
}

function mayBe(piece: Piece, node: string, table: PieceTable): boolean {
  return piece.candidates.some((index) => {
    const candidate = table.candidates[index];
    return candidate?.node === node && candidate.kind !== 'application';
  });
}

/** Peers whose facing module loses calls also with others, as much as would make it a suspect. */
function uncleanPeers(
  candidate: Candidate,
  peers: ReadonlySet<string>,
  { evidence, table, minTheta, minExcess }: SuspectContext,
): number {
  const facing = ofCallee(candidate.kind) ? 'outbound_upstream' : 'inbound_downstream';
  let unclean = 0;
  for (const other of table.candidates) {
    if (other.kind !== facing || !peers.has(other.node)) continue;
    let elsewhere = 0;
    for (const index of other.pieces) {
      const piece = table.pieces[index];
      const row = piece === undefined ? undefined : evidence.rows[piece.row];
      const end = facing === 'outbound_upstream' ? row?.callee : row?.caller;
      if (piece !== undefined && end !== candidate.node) elsewhere += piece.segment.excess;
    }
    if (elsewhere >= minExcess && elsewhere >= minTheta * other.calls) unclean++;
  }
  return unclean;
}

function kindOf(index: number, { table }: SuspectContext): string {
  return table.candidates[index]?.kind ?? '';
}
