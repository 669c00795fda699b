/**
 * What a shard gives to a second level: by epoch, the sums of its nodes' reports and its counts for verdicts, and who its
 * nodes and versions are. Sums merge by addition, so it does not matter which node reports to which shard. Only what the
 * shard's own nodes said is in it: two levels, and no circle can make a count grow.
 */
import type { EpochPart, NodePart } from '../infer/epoch-table.ts';
import { isPeerField } from '../observe/peer-field.ts';
import { Viewpoint } from '../observe/viewpoint.ts';
import type { VersionRecord } from './release-catalog.ts';
import type { LedgerRow } from './release-ledger.ts';

export interface ShardEpoch {
  readonly epoch: number;
  /** Reports that are in it: what came late makes it greater. 0: the reports are gone, the counts are left. */
  readonly revision: number;
  /** `null`: it was not asked for. */
  readonly part: EpochPart | null;
  /** Counts for verdicts; of older epochs those of a whole minute, at its first one. */
  readonly rows: readonly LedgerRow[];
}

/** A node of the shard, with the first and last epoch that it told of. */
export type ShardNode = readonly [
  node: string,
  service: string,
  version: string,
  release: string,
  first: number,
  last: number,
];

export interface ShardPart {
  readonly format: 1;
  /** The last epoch that the shard has judged: later ones are not in it yet. */
  readonly judgedEpoch: number;
  readonly epochs: readonly ShardEpoch[];
  readonly nodes: readonly ShardNode[];
  readonly versions: readonly VersionRecord[];
}

export interface PartQuestion {
  /** Both epochs inclusive. */
  readonly from: number;
  readonly to: number;
  /** Of earlier epochs only the counts for verdicts are wanted. */
  readonly partsFrom: number;
  /** Revisions of epochs that need not come again. */
  readonly known: ReadonlyMap<number, number>;
}

/** In one answer. */
export const maxPartSpan = 90;
/** As of a report: until about the year 3100. */
const maxEpoch = 3.6e9;
const viewpoints = Viewpoint.length;

/** What came is no part of a shard: where in it. */
export class ShardPartError extends Error {
  override readonly name: string = 'ShardPartError';
}

type Read<T> = (value: unknown, path: string) => T;

/** Throws a ShardPartError. What a name may be is what a node's own report is held to. */
export function parseShardPart(value: unknown): ShardPart {
  const fields = record(value, 'the answer');
  if (fields['format'] !== 1) throw new ShardPartError('it is of another format: are both of one version?');
  return {
    format: 1,
    judgedEpoch: epoch(fields['judgedEpoch'], 'judgedEpoch'),
    epochs: list(shardEpoch, maxPartSpan)(fields['epochs'], 'epochs'),
    nodes: list(shardNode)(fields['nodes'], 'nodes'),
    versions: list(version)(fields['versions'], 'versions'),
  };
}

const shardEpoch: Read<ShardEpoch> = (value, path) => {
  const fields = record(value, path);
  const of = epoch(fields['epoch'], `${path}.epoch`);
  return {
    epoch: of,
    revision: count(fields['revision'], `${path}.revision`),
    part: fields['part'] === null ? null : epochPart(fields['part'], `${path}.part`, of),
    rows: list(ledgerRow)(fields['rows'], `${path}.rows`),
  };
};

function epochPart(value: unknown, path: string, of: number): EpochPart {
  const fields = record(value, path);
  if (fields['epoch'] !== of) throw wrong(`${path}.epoch`, `that of the counts, ${of}`);
  return {
    epoch: of,
    nodes: list(nodePart)(fields['nodes'], `${path}.nodes`),
    edges: list((edge, at) => {
      const [caller, callee, calls, failures, local, unanswered] = tuple(edge, at, 6);
      return [
        ...([name(caller, at), name(callee, at), count(calls, at)] as const),
        ...([counts(failures, at), counts(local, at), counts(unanswered, at)] as const),
      ] as const;
    })(fields['edges'], `${path}.edges`),
    loose: list((loose, at) => {
      const [node, viewpoint, service, calls, failures, local] = tuple(loose, at, 6);
      return [
        ...([name(node, at), below(viewpoint, at, viewpoints), name(service, at)] as const),
        ...([count(calls, at), count(failures, at), count(local, at)] as const),
      ] as const;
    })(fields['loose'], `${path}.loose`),
    services: list(pair)(fields['services'], `${path}.services`),
    heard: list(pair)(fields['heard'], `${path}.heard`),
  };
}

const nodePart: Read<NodePart> = (value, path) => {
  const [node, mask, calls, byService] = tuple(value, path, 4);
  return [
    name(node, path),
    below(mask, path, 1 << viewpoints),
    counts(calls, path),
    list((one, at) => {
      const [service, some] = tuple(one, at, 2);
      return [name(service, at), counts(some, at)] as const;
    })(byService, path),
  ];
};

const ledgerRow: Read<LedgerRow> = (value, path) => {
  const [caller, callee, of, viewpoint, calls, failures, failing] = tuple(value, path, 7);
  return [
    ...([
      name(caller, path),
      name(callee, path),
      name(of, path),
      below(viewpoint, path, viewpoints),
    ] as const),
    ...([count(calls, path), count(failures, path)] as const),
    list((one, at) => {
      const [node, failed] = tuple(one, at, 2);
      return [name(node, at), count(failed, at)] as const;
    })(failing, path),
  ];
};

const shardNode: Read<ShardNode> = (value, path) => {
  const [node, service, of, release, first, last] = tuple(value, path, 6);
  return [
    ...([name(node, path), name(service, path), name(of, path), name(release, path)] as const),
    ...([epoch(first, path), epoch(last, path)] as const),
  ];
};

const version: Read<VersionRecord> = (value, path) => {
  const [service, of, release, first, last, nodes] = tuple(value, path, 6);
  return [
    ...([name(service, path), name(of, path), name(release, path)] as const),
    ...([epoch(first, path), epoch(last, path)] as const),
    list((one, at) => {
      const [node, from, to] = tuple(one, at, 3);
      return [name(node, at), epoch(from, at), epoch(to, at)] as const;
    })(nodes, path),
  ];
};

const pair: Read<readonly [string, string]> = (value, path) => {
  const [node, service] = tuple(value, path, 2);
  return [name(node, path), name(service, path)];
};

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

/** Its length is bounded by that of the body, unless told. */
function list<T>(read: Read<T>, most: number = Number.POSITIVE_INFINITY): Read<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most) throw wrong(path, 'a list that is not too long');
    return value.map((one, index) => read(one, `${path}[${index}]`));
  };
}

function tuple(value: unknown, path: string, length: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw wrong(path, `${length} values`);
  return value;
}

function counts(value: unknown, path: string): readonly number[] {
  return tuple(value, path, viewpoints).map((one) => count(one, path));
}

function name(value: unknown, path: string): string {
  if (!isPeerField(value)) throw wrong(path, 'a name');
  return value;
}

function count(value: unknown, path: string): number {
  return below(value, path, Number.MAX_SAFE_INTEGER);
}

function epoch(value: unknown, path: string): number {
  return below(value, path, maxEpoch);
}

function below(value: unknown, path: string, limit: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= limit)
    throw wrong(path, `a whole number from 0 and below ${limit}`);
  return value as number;
}

function wrong(path: string, expected: string): ShardPartError {
  return new ShardPartError(`${path} must be ${expected}`);
}
