/**
 * The tables of the configuration reference, made of the JSON Schema, so that the page cannot say anything else than
 * what the loader does: one section for each mapping, one row for each key.
 */

interface Node {
  readonly $ref?: string;
  readonly allOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly definitions?: Readonly<Record<string, Node>>;
  readonly not?: Node;
}

/** Markdown: the file itself first, then every definition in the order in which it is first used. */
export function renderReference(schema: object): string {
  const root = schema as Node;
  const definitions = root.definitions ?? {};
  const sections = [section('The file', root, definitions)];
  for (const name of order(root, definitions)) {
    const definition = definitions[name];
    if (definition === undefined) throw new Error(`the schema refers to ${name} but does not define it`);
    sections.push(section(`\`${name}\``, definition, definitions));
  }
  return sections.join('\n');
}

function section(title: string, node: Node, definitions: Readonly<Record<string, Node>>): string {
  const shapes = node.oneOf ?? [node];
  const rows = shapes.flatMap((shape) => rowsOf(resolve(shape, definitions), definitions));
  const head = '| key | value | default | meaning |\n|---|---|---|---|';
  return `### ${title}\n\n${node.description ?? ''}\n\n${head}\n${[...new Set(rows)].join('\n')}\n`;
}

function rowsOf(shape: Node, definitions: Readonly<Record<string, Node>>): string[] {
  const required = new Set(shape.required);
  return Object.entries(shape.properties ?? {}).map(([key, node]) => {
    const fallback = required.has(key) ? '*required*' : defaultOf(node.default);
    const meaning = node.description ?? (node.allOf?.[0] && resolve(node.allOf[0], definitions).description) ?? '';
    return `| \`${key}\` | ${escapeCell(valueOf(node))} | ${escapeCell(fallback)} | ${escapeCell(meaning)} |`;
  });
}

function defaultOf(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return '';
  if (Array.isArray(value)) return value.map((item) => `\`${String(item)}\``).join(', ');
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** What may stand there, in words. */
function valueOf(node: Node): string {
  if (node.$ref !== undefined) return link(nameOf(node.$ref));
  if (node.not !== undefined) return '';
  const alternatives = node.anyOf ?? node.oneOf ?? node.allOf;
  if (alternatives !== undefined) return oneOf(alternatives);
  if (node.enum !== undefined) return node.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (node.const !== undefined) return `\`${JSON.stringify(node.const).replaceAll('"', '')}\``;
  if (node.type === 'array') return `list of ${valueOf(node.items ?? {})}`;
  if (node.type === 'object') return mappingOf(node);
  if (node.type === 'string') return textOf(node.pattern ?? '');
  if (node.type === 'integer' || node.type === 'number') return numberOf(node);
  return node.type === 'boolean' ? '`true`, `false`' : 'anything';
}

/** An address, a size and a ratio may also be written as numbers; that is part of what the word means. */
function oneOf(alternatives: readonly Node[]): string {
  const values = [...new Set(alternatives.map(valueOf))].filter((value) => value !== '');
  const word = values.find((value) => ['address', 'size', 'ratio'].includes(value));
  const isNotation = word !== undefined && alternatives.every(({ type }) => type !== undefined);
  return isNotation ? word : values.join(' or ');
}

function mappingOf(node: Node): string {
  const values = typeof node.additionalProperties === 'object' ? valueOf(node.additionalProperties) : '';
  return values === '' ? 'mapping' : `mapping of names to ${values}`;
}

function textOf(pattern: string): string {
  if (pattern.includes('(ms|s|m|h)')) return 'duration';
  if (pattern.includes('KiB')) return 'size';
  if (pattern.endsWith('%$') && pattern.startsWith('^')) return 'ratio';
  if (pattern.includes(':')  && pattern.endsWith('\\d{1,5}$')) return 'address';
  return pattern.startsWith('^(/') || pattern === '^/' ? 'path' : 'text';
}

function numberOf(node: Node): string {
  const kind = node.type === 'integer' ? 'whole number' : 'number';
  const { minimum, maximum } = node;
  const isUnbounded = maximum === undefined || maximum >= 2_147_483_647;
  if (minimum === undefined) return kind;
  return isUnbounded ? `${kind} from ${minimum}` : `${kind} ${minimum} to ${maximum}`;
}

function link(name: string): string {
  return `[${name}](#${name})`;
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function resolve(node: Node, definitions: Readonly<Record<string, Node>>): Node {
  return node.$ref === undefined ? node : (definitions[nameOf(node.$ref)] ?? node);
}

/** Depth first, so that a mapping stands near the one that holds it. */
function order(root: Node, definitions: Readonly<Record<string, Node>>): Set<string> {
  const seen = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === 'definitions') continue;
      if (key !== '$ref' || typeof child !== 'string') visit(child);
      else if (!seen.has(nameOf(child))) {
        seen.add(nameOf(child));
        visit(definitions[nameOf(child)]);
      }
    }
  };
  visit(root);
  return seen;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
