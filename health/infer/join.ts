/**
 * From what nodes say to what the inference needs: the reports of a window, joined edge by edge within each epoch and
 * then summed. Joined per epoch first, because a node that misses one is silent there, not healthy; summed before
 * anything is subtracted, because a call that ends on the border of an epoch is counted here by one and there by another.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { firstInbound } from './epoch-edges.ts';
import { type EpochPart, EpochTable, keepLast } from './epoch-table.ts';
import type { EdgeRow, Evidence, ModuleKey } from './evidence.ts';
import { addModuleCalls, type NodeEpoch } from './module-calls.ts';

export interface JoinOptions {
  /** First and last epoch, inclusive; reports of others are left out. */
  readonly from: number;
  readonly to: number;
  /** Nodes known lately: those that say nothing in an epoch are counted as missing there. */
  readonly expected: ReadonlySet<string>;
  /** First epoch that a node was known in: of earlier ones it owes nothing. Default: the first of the window. */
  readonly knownSince?: (node: string) => number;
  /** What other shards counted: of one epoch each, and of nodes that are not in the reports. */
  readonly parts?: readonly EpochPart[];
}

/** A row while it is summed up. */
interface Row {
  readonly caller: string;
  readonly callee: string;
  readonly mask: number;
  readonly calls: number;
  /** Epochs in which it failed: only of those are its calls known. */
  readonly epochs: number;
  readonly failures: readonly number[];
  readonly local: readonly number[];
  readonly squares: readonly number[];
}

type Tables = ReadonlyMap<number, EpochTable>;

/** Joins the reports of a window. A report that comes twice (same node, incarnation, epoch and viewpoints) counts once. */
export function joinEpochs(reports: readonly EpochReport[], options: JoinOptions): Evidence {
  const tables = tablesOf(reports, options);
  const serviceOf = servicesOf(tables);
  const rows = new Map<string, Row>();
  for (const table of tables.values()) {
    for (const edge of table.edges.settle((node) => serviceOf.get(node) ?? '')) {
      const mask = maskOf(table.nodes, edge.caller, edge.callee);
      const squares = edge.failures.map((count) => count * count);
      addRow(rows, { ...edge, squares, mask, epochs: 1 });
    }
  }
  return {
    from: options.from,
    to: options.to,
    rows: sorted([...rows.values()].map((row) => finished(row, tables))),
    calls: moduleCalls(tables, serviceOf),
    missing: missingNodes(tables, options),
  };
}

/** What these reports say of one epoch, for another shard to add to its own. */
export function epochPart(reports: readonly EpochReport[], epoch: number): EpochPart {
  const window = { from: epoch, to: epoch, expected: new Set<string>() };
  const table = tablesOf(reports, window).get(epoch) ?? new EpochTable();
  return table.part(epoch);
}

/**
 * Adds two pieces of evidence: associative and commutative. They must not hold the same calls: shards are cut by called
 * node or by time, and each expects its own nodes.
 */
export function mergeEvidence(a: Evidence, b: Evidence): Evidence {
  const rows = new Map<string, Row>();
  for (const { rows: some } of [a, b]) {
    for (const row of some) {
      const mask = row.failures.reduce((bits, count, index) => (count < 0 ? bits : bits | (1 << index)), 0);
      addRow(rows, { ...row, mask, epochs: 1 });
    }
  }
  return {
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    rows: sorted([...rows.values()].map(withSilence)),
    calls: sum(a.calls, b.calls),
    missing: sum(a.missing, b.missing),
  };
}

function withinWindow(reports: readonly EpochReport[], { from, to }: JoinOptions): readonly EpochReport[] {
  const known = new Set<string>();
  return reports.filter((report) => {
    if (report.epoch < from || report.epoch > to) return false;
    const key = `${report.node.node}\n${report.incarnation}\n${report.epoch}\n${report.viewpoints.join()}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

function tablesOf(reports: readonly EpochReport[], options: JoinOptions): Tables {
  const tables = new Map<number, EpochTable>();
  const at = (epoch: number): EpochTable => {
    let table = tables.get(epoch);
    if (table === undefined) tables.set(epoch, (table = new EpochTable()));
    return table;
  };
  for (const report of withinWindow(reports, options)) at(report.epoch).addReport(report);
  for (const part of options.parts ?? [])
    if (part.epoch >= options.from && part.epoch <= options.to) at(part.epoch).addPart(part);
  return tables;
}

/** A node's own word goes before what its peers say of it. */
function servicesOf(tables: Tables): ReadonlyMap<string, string> {
  const services = new Map<string, string>();
  const heard = new Map<string, string>();
  for (const table of tables.values()) {
    for (const [node, service] of table.services) keepLast(services, node, service);
    for (const [node, service] of table.heard) keepLast(heard, node, service);
  }
  for (const [node, service] of heard) if (!services.has(node)) services.set(node, service);
  return services;
}

/** Viewpoints of an edge that somebody counted in an epoch; nobody speaks for an unknown end. */
function maskOf(nodes: ReadonlyMap<string, NodeEpoch>, caller: string, callee: string): number {
  const outbound = (nodes.get(caller)?.mask ?? 0) & ((1 << firstInbound) - 1);
  const inbound = (nodes.get(callee)?.mask ?? 0) & ~((1 << firstInbound) - 1);
  return outbound | inbound;
}

function addRow(rows: Map<string, Row>, row: Row): void {
  const key = `${row.caller}\n${row.callee}\n${row.mask}`;
  const known = rows.get(key);
  if (known === undefined) {
    rows.set(key, row);
    return;
  }
  rows.set(key, {
    ...row,
    calls: known.calls + row.calls,
    epochs: known.epochs + row.epochs,
    failures: row.failures.map((count, index) => count + (known.failures[index] ?? 0)),
    local: row.local.map((count, index) => count + (known.local[index] ?? 0)),
    squares: row.squares.map((square, index) => square + (known.squares[index] ?? 0)),
  });
}

/** A row covers the window: its healthy epochs were not told, so they are taken to be as busy as the others. */
function finished(row: Row, tables: Tables): EdgeRow {
  let same = 0;
  for (const { nodes } of tables.values()) if (maskOf(nodes, row.caller, row.callee) === row.mask) same++;
  const calls = Math.round((row.calls * Math.max(same, row.epochs)) / row.epochs);
  return withSilence({ ...row, calls });
}

function withSilence({ caller, callee, mask, calls, failures, local, squares }: Row): EdgeRow {
  const orSilent = (count: number, index: number): number => ((mask & (1 << index)) === 0 ? -1 : count);
  return {
    ...{ caller, callee, calls, failures: failures.map(orSilent), local: local.map(orSilent) },
    squares: squares.map(orSilent),
  };
}

function moduleCalls(tables: Tables, serviceOf: ReadonlyMap<string, string>): ReadonlyMap<ModuleKey, number> {
  const members = new Map<string, string[]>();
  for (const [node, service] of serviceOf) {
    const list = members.get(service);
    if (list === undefined) members.set(service, [node]);
    else list.push(node);
  }
  const calls = new Map<ModuleKey, number>();
  for (const { nodes } of tables.values()) addModuleCalls(calls, nodes, members);
  return calls;
}

function missingNodes(
  tables: Tables,
  { from, to, expected, knownSince = () => from }: JoinOptions,
): ReadonlyMap<string, number> {
  const missing = new Map<string, number>();
  for (const node of expected) {
    let there = 0;
    for (const { nodes } of tables.values()) if (nodes.has(node)) there++;
    const owed = to - Math.max(from, knownSince(node)) + 1;
    if (there < owed) missing.set(node, owed - there);
  }
  return missing;
}

/** Evidence does not depend on the order in which it came together. */
function sorted(rows: readonly EdgeRow[]): readonly EdgeRow[] {
  return [...rows].sort(
    (a, b) =>
      compare(a.caller, b.caller) || compare(a.callee, b.callee) || compare(silenceOf(a), silenceOf(b)),
  );
}

function silenceOf({ failures }: EdgeRow): string {
  return failures.map((count) => (count < 0 ? '-' : '+')).join('');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sum(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const both = new Map(a);
  for (const [key, count] of b) both.set(key, (both.get(key) ?? 0) + count);
  return both;
}
