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
import {
  aliasFault,
  boundsFault,
  jsonFault,
  type LocatedProblem,
  type Position,
  positionAt,
  syntaxFault,
  tooDeep,
  whole,
} from './document-fault.ts';
import type { Path } from './path.ts';

export const maxFileBytes: number = 4 * 1024 * 1024;
/** Uses of an anchor times what the anchor itself uses: stops nested doubling before it is built. */
const maxAliasWeight = 10_000;

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
  if (faults.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return [tooDeep()];
  if (faults.length > 0) {
    return faults.map((fault) => syntaxFault(positionAt(lines, fault.pos[0]), fault.message, fault.code));
  }
  const json = format === 'json' ? jsonFault(text) : undefined;
  if (json !== undefined) return [json];
  return expand(yaml, lines);
}

function expand(yaml: YamlDocument.Parsed, lines: LineCounter): Document | readonly LocatedProblem[] {
  try {
    const value: unknown = yaml.toJS({ maxAliasCount: maxAliasWeight });
    const fault = boundsFault(value);
    if (fault !== undefined) return [fault];
    return { value, locate: (path) => positionAt(lines, offsetOf(yaml, path)) };
  } catch (error) {
    if (error instanceof RangeError) return [tooDeep()];
    // What the library throws for an alias without an anchor, and for aliases that expand too far.
    if (error instanceof ReferenceError) return [aliasFault(yaml, lines)];
    throw error;
  }
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
