/**
 * What a check answered, made safe to keep: known words only, one line of bounded length, at most 100 items with the
 * worst first. A component may be anybody's code, so nothing it says is taken on trust.
 */
import type { ComponentStatus, ItemReport } from './component.ts';
import { isStatus, severityOf } from './severity.ts';

export const maxItems = 100;
const maxDetailLength = 500;
const maxNameLength = 200;

export interface Answer {
  readonly status: ComponentStatus;
  readonly detail: string;
  /** Null: the check failed and told of none; those that are known stay. */
  readonly items: readonly ItemReport[] | null;
  readonly itemCount: number;
}

/** The answer in place of one that did not come. */
export function failedAnswer(reason: string): Answer {
  return { status: 'unhealthy', detail: oneLine(reason, maxDetailLength), items: null, itemCount: 0 };
}

/** Takes what a check returned; what is not a report counts as unhealthy, and the detail says so. */
export function answerOf(report: unknown): Answer {
  if (!isRecord(report)) return failedAnswer('the check answered without a report');
  const { status, detail, items, itemCount } = report;
  if (!isStatus(status))
    return failedAnswer(`the check answered with an unknown status: ${oneLine(status, 50)}`);
  const list: readonly unknown[] = Array.isArray(items) ? items : [];
  return {
    status,
    detail: oneLine(detail, maxDetailLength),
    items: worstFirst(list),
    itemCount: Math.max(
      list.length,
      typeof itemCount === 'number' && Number.isSafeInteger(itemCount) ? itemCount : 0,
    ),
  };
}

/** What was thrown, in one line. */
export function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message || error.name : error, maxDetailLength);
}

/** Text without line breaks and control characters, cut to `maxLength`; what is not a string is written as one. */
export function oneLine(value: unknown, maxLength: number): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : asText(value);
  const clean = text
    .slice(0, maxLength * 2)
    .replaceAll(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .trim();
  return clean.length > maxLength
    ? `${clean.slice(0, maxLength - 3).toWellFormed()}...`
    : clean.toWellFormed();
}

/** One pass per rank instead of a sort: a component may have very many items, and only 100 are kept. */
function worstFirst(list: readonly unknown[]): readonly ItemReport[] {
  const ranks: unknown[][] = [[], [], [], [], []];
  for (const item of list) {
    const rank =
      ranks[
        isRecord(item) && isStatus(item['status']) ? severityOf(item['status']) : severityOf('unhealthy')
      ];
    if (rank !== undefined && rank.length < maxItems) rank.push(item);
  }
  return ranks.reverse().flat().slice(0, maxItems).map(itemOf);
}

function itemOf(item: unknown): ItemReport {
  if (!isRecord(item)) return { name: '', status: 'unhealthy', detail: 'not an item' };
  const status = isStatus(item['status']) ? item['status'] : 'unhealthy';
  return {
    name: oneLine(item['name'], maxNameLength),
    status,
    detail: oneLine(item['detail'], maxDetailLength),
  };
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'something that has no text';
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
