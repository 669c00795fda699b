/**
 * Every place where one module names another: imports, re-exports, `import()`, `import('…')` types and the
 * `new URL('…', import.meta.url)` by which a worker is started. Read from a real parse, so that a string, a comment or
 * a regular expression that looks like an import is none. The build rewrites them, the architecture test judges them.
 */
import { type ParserOptions, parseSync, Visitor } from 'oxc-parser';

export interface ModuleReference {
  readonly specifier: string;
  /** How it is named; `url` is `new URL(specifier, import.meta.url)`, `type` the type expression `import('…')`. */
  readonly kind: 'import' | 'export' | 'dynamic' | 'url' | 'type';
  /** Nothing of it is left at run time. `import { type A }` is left: only `import type` and `export type` vanish. */
  readonly typeOnly: boolean;
  /** Of the literal, with its quotes, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** 1-based. */
  readonly line: number;
}

type Language = NonNullable<ParserOptions['lang']>;

/** The references of one module, in the order of the text. Throws where the text does not parse. */
export function moduleReferences(path: string, source: string): readonly ModuleReference[] {
  const references: ModuleReference[] = [];
  const add = (kind: ModuleReference['kind'], literal: Span, typeOnly: boolean): void => {
    const specifier = source.slice(literal.start + 1, literal.end - 1);
    const line = source.slice(0, literal.start).split('\n').length;
    references.push({ specifier, kind, typeOnly, start: literal.start, end: literal.end, line });
  };
  new Visitor({
    ImportDeclaration: (node) => add('import', node.source, node.importKind === 'type'),
    ExportAllDeclaration: (node) => add('export', node.source, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add('export', node.source, node.exportKind === 'type');
    },
    ImportExpression: (node) => {
      if (isStringLiteral(node.source)) add('dynamic', node.source, false);
    },
    TSImportType: (node) => add('type', node.source, true),
    NewExpression: (node) => {
      const [specifier, base] = node.arguments;
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL') return;
      if (isStringLiteral(specifier) && base !== undefined && isImportMetaUrl(base, source))
        add('url', specifier, false);
    },
  }).visit(parse(path, source).program);
  return references.sort((a, b) => a.start - b.start);
}

/** String literals that look like the path of a TypeScript module: a name that no rewriting reaches. */
export function typeScriptPathLiterals(path: string, source: string): readonly string[] {
  const found: string[] = [];
  new Visitor({
    Literal: (node) => {
      if (typeof node.value === 'string' && /^\.{1,2}\/.*[^.]\.ts$/.test(node.value)) found.push(node.value);
    },
  }).visit(parse(path, source).program);
  return found;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Node extends Span {
  readonly type: string;
  readonly value?: unknown;
}

function parse(path: string, source: string): ReturnType<typeof parseSync> {
  const result = parseSync(path, source, { lang: languageOf(path), sourceType: 'module' });
  const [error] = result.errors;
  if (error !== undefined) throw new Error(`${path}: does not parse: ${error.message}`);
  return result;
}

function languageOf(path: string): Language {
  if (path.endsWith('.d.ts')) return 'dts';
  return path.endsWith('.ts') ? 'ts' : 'js';
}

function isStringLiteral(node: Node | undefined): node is Node {
  return node?.type === 'Literal' && typeof node.value === 'string';
}

function isImportMetaUrl(node: Node, source: string): boolean {
  return node.type === 'MemberExpression' && source.slice(node.start, node.end) === 'import.meta.url';
}
