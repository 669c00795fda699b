/**
 * Which labels the answer to an expression has, worked out from those of the metrics in it. What this finds otherwise only
 * shows as an empty panel: a label that the metric has not, a join whose sides can never meet.
 */
import { argumentsOf, child, functionOf, selectorOf, type Syntax } from './syntax.ts';

/** `scalar`: a number without labels. `null`: not known, and nothing is said of it. */
export type Labels = ReadonlySet<string> | 'scalar' | null;

export interface LabelCheck {
  /** Labels of a metric; `null` when it is not known. */
  readonly labelsOfMetric: (metric: string) => ReadonlySet<string> | null;
  readonly report: (problem: string) => void;
}

export function labelsOf(node: Syntax, check: LabelCheck): Labels {
  switch (node.name) {
    case 'VectorSelector':
      return ofSelector(node, check);
    case 'NumberDurationLiteral':
      return 'scalar';
    case 'AggregateExpr':
      return ofAggregation(node, check);
    case 'FunctionCall':
      return ofCall(node, check);
    case 'BinaryExpr':
      return ofBinary(node, check);
    default:
      // Parentheses, ranges, offsets, signs, the root: what they hold.
      return node.children.map((one) => labelsOf(one, check)).find((labels) => labels !== null) ?? null;
  }
}

function ofSelector(node: Syntax, { labelsOfMetric, report }: LabelCheck): Labels {
  const { metric, matchers } = selectorOf(node);
  const labels = labelsOfMetric(metric);
  if (labels === null) return null;
  for (const { label } of matchers)
    if (!labels.has(label)) report(`${metric} has no label ${label} to match`);
  return labels;
}

function ofAggregation(node: Syntax, check: LabelCheck): Labels {
  const operands = argumentsOf(node).map((one) => labelsOf(one, check));
  const inner = operands.at(-1) ?? null;
  const modifier = child(node, 'AggregateModifier');
  const named = groupingOf(modifier);
  if (!(inner instanceof Set)) return modifier === undefined ? new Set() : null;
  requireAll(named, inner, `${node.text.slice(0, 60)} groups by`, check);
  const operator = child(node, 'AggregateOp')?.text ?? '';
  if (operator === 'topk' || operator === 'bottomk') return inner;
  if (modifier !== undefined && child(modifier, 'Without') !== undefined)
    return new Set([...inner].filter((label) => !named.includes(label)));
  return new Set(named);
}

function ofCall(node: Syntax, check: LabelCheck): Labels {
  const name = functionOf(node);
  const operands = argumentsOf(node);
  if (name === 'time' || name === 'scalar') return 'scalar';
  if (name === 'vector') return new Set();
  const labels = operands.map((one) => labelsOf(one, check)).find((one) => one instanceof Set) ?? null;
  if (!(labels instanceof Set)) return null;
  if (name === 'label_replace') {
    const [, to, , from] = operands.map(({ text }) => text.replaceAll('"', ''));
    if (from !== undefined && from !== '') requireAll([from], labels, 'label_replace reads', check);
    return new Set([...labels, to ?? '']);
  }
  if (name === 'histogram_quantile') {
    requireAll(['le'], labels, 'histogram_quantile needs', check);
    return new Set([...labels].filter((label) => label !== 'le'));
  }
  return labels;
}

function ofBinary(node: Syntax, check: LabelCheck): Labels {
  const operands = node.children.filter(isOperand);
  const [left, right] = operands.map((one) => labelsOf(one, check));
  if (left === 'scalar' || left === undefined) return right ?? null;
  if (right === 'scalar' || right === undefined) return left;
  if (left === null || right === null) return null;
  const clause = child(node, 'MatchingModifierClause');
  const [matched = [], brought = []] = (clause?.children ?? [])
    .filter(({ name }) => name === 'GroupingLabels')
    .map(labelNames);
  const on = clause !== undefined && child(clause, 'On') !== undefined;
  if (on) {
    requireAll(matched, left, 'the left side of a join lacks', check);
    requireAll(matched, right, 'the right side of a join lacks', check);
  } else if (clause === undefined && !isSetOperation(node, 'or') && !sameMembers(left, right)) {
    check.report(
      `sides that never meet, {${[...left].join()}} and {${[...right].join()}}: ${node.text.slice(0, 80)}`,
    );
  }
  if (isSetOperation(node, 'or')) return left.union(right);
  if (isSetOperation(node, 'and') || isSetOperation(node, 'unless')) return left;
  if (clause !== undefined && child(clause, 'GroupLeft') !== undefined) {
    requireAll(brought, right, 'group_left takes', check);
    return new Set([...left, ...brought]);
  }
  return on ? new Set(matched) : left;
}

function isOperand({ name }: Syntax): boolean {
  return name === 'NumberDurationLiteral' || /(?:Expr|Selector|Call)$/.test(name);
}

function isSetOperation(node: Syntax, operator: string): boolean {
  return node.children.some(({ text }) => text === operator);
}

function sameMembers(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.symmetricDifference(other).size === 0;
}

function groupingOf(modifier: Syntax | undefined): readonly string[] {
  const labels = modifier === undefined ? undefined : child(modifier, 'GroupingLabels');
  return labels === undefined ? [] : labelNames(labels);
}

function labelNames(labels: Syntax): readonly string[] {
  return labels.children.map(({ text }) => text);
}

function requireAll(
  wanted: readonly string[],
  labels: ReadonlySet<string>,
  what: string,
  { report }: LabelCheck,
): void {
  for (const label of wanted)
    if (!labels.has(label)) report(`${what} ${label}, which is not among ${[...labels].join(', ')}`);
}
