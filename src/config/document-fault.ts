/** What can be wrong with a text before it is known to be a configuration: syntax, aliases, depth and number of values. */
import { type Alias, type Document as YamlDocument, type LineCounter, visit } from 'yaml';
import type { Problem } from '../base/index.ts';
import { formatPath, type Path } from './path.ts';

/** Values after aliases are expanded; a full 4 MiB file of short list items has about as many. */
const maxValues = 1_000_000;
const maxDepth = 64;

/** Line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface LocatedProblem extends Problem {
  readonly position: Position;
}

/** Walks everything once, aliases expanded, and gives up at the first bound. */
export function boundsFault(root: unknown): LocatedProblem | undefined {
  const pending: { value: unknown; path: Path }[] = [{ value: root, path: [] }];
  let count = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, path } = next;
    if (++count > maxValues) return whole(`at most ${maxValues} values`, 'more, once aliases are expanded');
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= maxDepth) return tooDeep(formatPath(path.slice(0, 4)));
    const isList = Array.isArray(value);
    for (const [key, child] of Object.entries(value)) {
      if (key === '__proto__') return whole('keys of this format', '__proto__');
      pending.push({ value: child, path: [...path, isList ? Number(key) : key] });
    }
  }
  return undefined;
}

export function aliasFault(yaml: YamlDocument.Parsed, lines: LineCounter): LocatedProblem {
  let dangling: Alias | undefined;
  visit(yaml, {
    Alias(_key, alias) {
      dangling = alias.resolve(yaml) === undefined ? alias : undefined;
      return dangling === undefined ? undefined : visit.BREAK;
    },
  });
  if (dangling === undefined) return whole('aliases that expand to less', 'far too many values');
  return syntaxFault(
    positionAt(lines, dangling.range?.[0] ?? 0),
    'an alias without its anchor before it',
    'BAD_ALIAS',
  );
}

export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** Where the library's words are about its own interface. */
const plainWords: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the same key twice in a mapping',
  MULTIPLE_DOCS: 'a second document',
  NON_STRING_KEY: 'a key that is not text',
};

export function syntaxFault(position: Position, message: string, code: string): LocatedProblem {
  // The library quotes the text after a colon, and the text may be a secret.
  const words = plainWords[code] ?? message.replace(/:\s[\s\S]*$/, '');
  const got = `${words} at line ${position.line}, column ${position.column}`;
  const problem = { path: '', expected: 'valid YAML', got, position };
  return code === 'TAB_AS_INDENT' ? { ...problem, hint: 'indent with spaces' } : problem;
}

export function tooDeep(where: string = ''): LocatedProblem {
  return whole(`at most ${maxDepth} levels of nesting`, where === '' ? 'many more' : `more under ${where}`);
}

export function whole(expected: string, got: string, hint?: string): LocatedProblem {
  const problem = { path: '', expected, got, position: { line: 1, column: 1 } };
  return hint === undefined ? problem : { ...problem, hint };
}

/** For text that is YAML. The engine's message quotes the text, which may be a secret; only the position is used. */
export function jsonFault(text: string): LocatedProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const [, line, column] =
      /line (\d+) column (\d+)/.exec(error instanceof Error ? error.message : '') ?? [];
    const hint = 'quote every key and text, and leave out comments and trailing commas';
    const problem = whole('JSON', 'YAML that is not JSON', hint);
    if (line === undefined) return problem;
    const position = { line: Number(line), column: Number(column) };
    return { ...problem, got: `${problem.got} at line ${line}, column ${column}`, position };
  }
}
