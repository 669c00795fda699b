/**
 * The text of a configuration as plain values that know where they stood. YAML 1.2 and JSON; bounded in size, in
 * depth, and in how much its aliases may expand to, before anything else looks at it.
 */
import {
  type Document as YamlDocument,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from 'yaml';
import type { Problem } from '../base/index.ts';
import { type Path, formatPath } from './path.ts';

export const maxFileBytes: number = 4 * 1024 * 1024;
/** Values after aliases are expanded; a full 4 MiB file of short list items has about as many. */
const maxValues = 1_000_000;
const maxDepth = 64;
/** Uses of an anchor times what the anchor itself uses: stops nested doubling before it is built. */
const maxAliasWeight = 10_000;

/** Line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface LocatedProblem extends Problem {
  readonly position: Position;
}

export interface Document {
  readonly value: unknown;
  /** Where the value, or the nearest thing around it, begins. */
  locate(path: Path): Position;
}

export type DocumentFormat = 'yaml' | 'json';

/** A document, or what is wrong with the text as text. */
export function readDocument(text: string, format: DocumentFormat): Document | readonly LocatedProblem[] {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxFileBytes) {
    return [whole(`a configuration of at most ${maxFileBytes} bytes`, `${bytes} bytes`)];
  }
  const lines = new LineCounter();
  const yaml = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const faults = [...yaml.errors, ...yaml.warnings];
  if (faults.length > 0) {
    return faults.map((fault) => syntaxProblem(positionAt(lines, fault.pos[0]), fault.message, fault.code));
  }
  if (format === 'json' && !isJson(text)) {
    return [
      whole(
        'JSON',
        'YAML that is not JSON',
        'quote every key and text, and leave out comments and trailing commas',
      ),
    ];
  }
  return expand(yaml, lines);
}

function expand(yaml: YamlDocument.Parsed, lines: LineCounter): Document | readonly LocatedProblem[] {
  try {
    const value: unknown = yaml.toJS({ maxAliasCount: maxAliasWeight });
    const fault = boundsFault(value);
    if (fault !== undefined) return [fault];
    return { value, locate: (path) => positionAt(lines, offsetOf(yaml, path)) };
  } catch (error) {
    // The library throws this for an alias without an anchor, and for too many.
    const message = error instanceof ReferenceError ? error.message : 'it could not be read';
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return [whole('valid YAML', withoutExcerpt(message))];
  }
}

/** Walks everything once, aliases expanded, and gives up at the first bound. */
function boundsFault(root: unknown): LocatedProblem | undefined {
  const pending: { value: unknown; path: Path }[] = [{ value: root, path: [] }];
  let count = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, path } = next;
    if (++count > maxValues) return whole(`at most ${maxValues} values`, 'more, once aliases are expanded');
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= maxDepth)
      return whole(`at most ${maxDepth} levels`, `more at ${formatPath(path.slice(0, 4))}`);
    for (const [key, child] of Object.entries(value)) {
      if (key === '__proto__') return whole('keys of this format', '__proto__');
      pending.push({ value: child, path: [...path, key] });
    }
  }
  return undefined;
}

/** Of the key for a value in a mapping, of the item in a list: what a person looks for. */
function offsetOf(yaml: YamlDocument.Parsed, path: Path): number {
  let node: unknown = yaml.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(yaml);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function syntaxProblem(position: Position, message: string, code: string): LocatedProblem {
  const hint = code === 'TAB_AS_INDENT' ? 'indent with spaces' : undefined;
  const got = `${withoutExcerpt(message)} at line ${position.line}, column ${position.column}`;
  const problem = { path: '', expected: 'valid YAML', got, position };
  return hint === undefined ? problem : { ...problem, hint };
}

/** The library quotes the text after a colon, and the text may be a secret. */
function withoutExcerpt(message: string): string {
  return message.replace(/:\s[\s\S]*$/, '');
}

function whole(expected: string, got: string, hint?: string): LocatedProblem {
  const problem = { path: '', expected, got, position: { line: 1, column: 1 } };
  return hint === undefined ? problem : { ...problem, hint };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
