/**
 * Reads an EpochReport that came over the network: every field, its range and how the numbers fit together, with all
 * problems named at once. What comes out is made anew, so nothing of the sender's object is kept; fields that this
 * version does not know are passed over, so that newer nodes may report to it.
 */
import { maxReasonBytes, maxReasons } from './edge-table.ts';
import type { EdgeCount, EpochReport, FailureCount, TotalCount } from './epoch-report.ts';
import { isPeerField, maxFieldBytes, otherPeer, peerKey } from './peer-field.ts';
import { FailureOrigin, type Peer, Viewpoint } from './viewpoint.ts';

/** Of the JSON text; 10,000 edges with names of 30 characters have about 2 MiB. */
export const maxReportBytes: number = 4 * 1024 * 1024;
export const maxEdges = 10_000;
export const maxTotals = 10_000;
/** A billion calls per second: so large that nobody counts it, so small that a million of them add up exactly. */
const maxCount: number = 1e10;
/** Ten seconds each since 1970: until about the year 3100. */
const maxEpoch = 3.6e9;
const maxProblems = 50;

/** `problems` has a sentence for each, at most 50; they quote field names and numbers, and no text of the sender. */
export class ReportError extends Error {
  readonly code = 'HEALTH_REPORT_INVALID';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the epoch report is not valid: ${problems.join('; ')}`);
    this.name = 'ReportError';
    this.problems = problems;
  }
}

/** `input`: the JSON text, or what was read from it. Throws a ReportError that names every problem. */
export function parseReport(input: unknown): EpochReport {
  const reader = new Reader();
  const value = typeof input === 'string' ? reader.json(input) : input;
  const report = reader.problems.length === 0 ? readReport(reader, value) : null;
  if (report === null || reader.problems.length > 0) throw new ReportError(reader.problems);
  return report;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads fields and remembers what is wrong; after a problem it goes on with a value of the right type. */
class Reader {
  readonly problems: string[] = [];
  #unnamed = 0;

  problem(path: string, expected: string): void {
    if (this.problems.length < maxProblems - 1) this.problems.push(`${path} must be ${expected}`);
    else this.problems[maxProblems - 1] = `and ${++this.#unnamed} more problems`;
  }

  json(text: string): unknown {
    if (Buffer.byteLength(text) > maxReportBytes) {
      this.problem('the report', `at most ${maxReportBytes} bytes long`);
      return null;
    }
    try {
      return JSON.parse(text);
    } catch {
      this.problem('the report', 'JSON');
      return null;
    }
  }

  object(value: unknown, path: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    this.problem(path, 'an object');
    return {};
  }

  list(value: unknown, path: string, max: number): readonly unknown[] {
    if (Array.isArray(value) && value.length <= max) return value;
    this.problem(path, `a list of at most ${max}`);
    return [];
  }

  whole(value: unknown, path: string, max: number): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max)
      return value as number;
    this.problem(path, `a whole number from 0 to ${max}`);
    return 0;
  }

  text(value: unknown, path: string, maxBytes: number = maxFieldBytes): string {
    if (isPeerField(value) && Buffer.byteLength(value) <= maxBytes) return value;
    this.problem(path, `a text of at most ${maxBytes} bytes without control characters`);
    return '';
  }

  oneOf<T extends string>(value: unknown, path: string, words: readonly T[]): T {
    const word = words.find((one) => one === value);
    if (word === undefined) this.problem(path, `one of ${words.join(', ')}`);
    return word ?? words[0]!;
  }
}

function readReport(reader: Reader, value: unknown): EpochReport {
  const fields = reader.object(value, 'the report');
  if (fields['format'] !== 1) reader.problem('format', '1');
  const node = readPeer(reader, fields['node'], 'node');
  if (node.node === '' || node.node === otherPeer.node)
    reader.problem('node.node', `a name, and not ${otherPeer.node}`);
  const viewpoints = reader
    .list(fields['viewpoints'], 'viewpoints', Viewpoint.length)
    .map((one, index) => reader.oneOf(one, `viewpoints[${index}]`, Viewpoint));
  if (viewpoints.length === 0 || new Set(viewpoints).size < viewpoints.length)
    reader.problem('viewpoints', 'at least one viewpoint, each once');
  const report: EpochReport = {
    format: 1,
    node,
    incarnation: reader.whole(fields['incarnation'], 'incarnation', Number.MAX_SAFE_INTEGER),
    epoch: reader.whole(fields['epoch'], 'epoch', maxEpoch),
    viewpoints,
    edges: reader
      .list(fields['edges'], 'edges', maxEdges)
      .map((edge, index) => readEdge(reader, edge, `edges[${index}]`)),
    totals: reader
      .list(fields['totals'], 'totals', maxTotals)
      .map((total, index) => readTotal(reader, total, `totals[${index}]`)),
    overflowed: reader.whole(fields['overflowed'], 'overflowed', maxCount),
  };
  // Numbers that are wrong by themselves would be told a second time.
  if (reader.problems.length === 0) checkTogether(reader, report);
  return report;
}

function readPeer(reader: Reader, value: unknown, path: string): Peer {
  const fields = reader.object(value, path);
  return {
    node: reader.text(fields['node'], `${path}.node`),
    service: reader.text(fields['service'], `${path}.service`),
    version: reader.text(fields['version'], `${path}.version`),
    release: reader.text(fields['release'], `${path}.release`),
  };
}

function readEdge(reader: Reader, value: unknown, path: string): EdgeCount {
  const fields = reader.object(value, path);
  const calls = reader.whole(fields['calls'], `${path}.calls`, maxCount);
  const failures = reader
    .list(fields['failures'], `${path}.failures`, maxReasons)
    .map((failure, index) => readFailure(reader, failure, `${path}.failures[${index}]`));
  if (sum(failures.map(({ count }) => count)) > calls)
    reader.problem(`${path}.failures`, `at most its ${calls} calls`);
  return {
    viewpoint: reader.oneOf(fields['viewpoint'], `${path}.viewpoint`, Viewpoint),
    peer: readPeer(reader, fields['peer'], `${path}.peer`),
    calls,
    failures,
  };
}

function readFailure(reader: Reader, value: unknown, path: string): FailureCount {
  const fields = reader.object(value, path);
  return {
    origin: reader.oneOf(fields['origin'], `${path}.origin`, FailureOrigin),
    reason: reader.text(fields['reason'], `${path}.reason`, maxReasonBytes),
    count: reader.whole(fields['count'], `${path}.count`, maxCount),
  };
}

function readTotal(reader: Reader, value: unknown, path: string): TotalCount {
  const fields = reader.object(value, path);
  const calls = reader.whole(fields['calls'], `${path}.calls`, maxCount);
  const failures = reader.whole(fields['failures'], `${path}.failures`, maxCount);
  if (failures > calls) reader.problem(`${path}.failures`, `at most its ${calls} calls`);
  return {
    viewpoint: reader.oneOf(fields['viewpoint'], `${path}.viewpoint`, Viewpoint),
    peerService: reader.text(fields['peerService'], `${path}.peerService`),
    peerVersion: reader.text(fields['peerVersion'], `${path}.peerVersion`),
    peerRelease: reader.text(fields['peerRelease'], `${path}.peerRelease`),
    calls,
    failures,
  };
}

/** Each edge and each total once, at a viewpoint that is watched, and no edges beyond the total they are part of. */
function checkTogether(reader: Reader, { viewpoints, edges, totals }: EpochReport): void {
  const left = new Map<string, { calls: number; failures: number }>();
  for (const [
    index,
    { viewpoint, peerService, peerVersion, peerRelease, calls, failures },
  ] of totals.entries()) {
    const path = `totals[${index}]`;
    if (!viewpoints.includes(viewpoint)) reader.problem(`${path}.viewpoint`, 'one of viewpoints');
    const key = groupKey(viewpoint, { service: peerService, version: peerVersion, release: peerRelease });
    if (left.has(key)) reader.problem(path, 'there once only');
    left.set(key, { calls, failures });
  }
  const seen = new Set<string>();
  for (const [index, { viewpoint, peer, calls, failures }] of edges.entries()) {
    const path = `edges[${index}]`;
    if (!viewpoints.includes(viewpoint)) reader.problem(`${path}.viewpoint`, 'one of viewpoints');
    const key = `${viewpoint}\n${peerKey(peer)}`;
    if (seen.has(key)) reader.problem(path, 'there once only');
    seen.add(key);
    const rest = left.get(groupKey(viewpoint, peer));
    if (rest === undefined) continue;
    rest.calls -= calls;
    rest.failures -= sum(failures.map(({ origin, count }) => (origin === 'client' ? 0 : count)));
    if (rest.calls < 0 || rest.failures < 0) reader.problem(path, 'within the total of its service');
  }
}

function groupKey(viewpoint: Viewpoint, peer: Pick<Peer, 'service' | 'version' | 'release'>): string {
  return `${viewpoint}\n${peer.service}\n${peer.version}\n${peer.release}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
