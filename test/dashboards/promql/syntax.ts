/** PromQL as a tree of plain objects, by the grammar that Prometheus' own editor uses. */
import { parser } from '@prometheus-io/lezer-promql';

export interface Syntax {
  /** Name of the grammar's rule: `VectorSelector`, `BinaryExpr`, ... */
  readonly name: string;
  readonly text: string;
  readonly children: readonly Syntax[];
}

/** Throws a SyntaxError that names the place. Types are not checked: a number where a vector belongs passes. */
export function parsePromql(expr: string): Syntax {
  const cursor = parser.parse(expr).cursor();
  const read = (): Syntax => {
    if (cursor.type.isError) {
      const near = expr.slice(Math.max(0, cursor.from - 20), cursor.from + 20);
      throw new SyntaxError(`no PromQL at ${cursor.from}, near ${near}: ${expr}`);
    }
    const { name, from, to } = cursor;
    const children: Syntax[] = [];
    if (cursor.firstChild()) {
      do children.push(read());
      while (cursor.nextSibling());
      cursor.parent();
    }
    return { name, text: expr.slice(from, to), children };
  };
  return read();
}

export function child(node: Syntax, name: string): Syntax | undefined {
  return node.children.find((one) => one.name === name);
}

/** The node itself and all below it, each with those above it, the nearest last. */
export function* walk(
  node: Syntax,
  above: readonly Syntax[] = [],
): Generator<readonly [node: Syntax, above: readonly Syntax[]]> {
  yield [node, above];
  for (const one of node.children) yield* walk(one, [...above, node]);
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

/** Of a `VectorSelector`. */
export function selectorOf(node: Syntax): Selector {
  const matchers = (child(node, 'LabelMatchers')?.children ?? [])
    .filter(({ name }) => name === 'UnquotedLabelMatcher')
    .map(({ children: [label, operator, value] }) => ({
      label: label?.text ?? '',
      operator: operator?.text ?? '',
      value: JSON.parse(value?.text ?? '""') as string,
    }));
  return { metric: child(node, 'Identifier')?.text ?? '', matchers };
}

export function selectorsIn(tree: Syntax): Selector[] {
  return [...walk(tree)].filter(([{ name }]) => name === 'VectorSelector').map(([node]) => selectorOf(node));
}

/** Name of the function that is called. */
export function functionOf(call: Syntax): string {
  return child(call, 'FunctionIdentifier')?.text ?? '';
}

export function argumentsOf(call: Syntax): readonly Syntax[] {
  return child(call, 'FunctionCallBody')?.children ?? [];
}
