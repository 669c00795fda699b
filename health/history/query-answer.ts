/** The answer of `/api/v1/query` and `/api/v1/query_range`, read from what came over the wire and bounded. Pure. */
import { HistoryError } from './history-error.ts';

export interface Series {
  /** Without `__name__` where the engine leaves it away, as it does after a function. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ascending: Unix milliseconds and value, which may be NaN or infinite. */
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

export interface AnswerLimits {
  readonly maxSeries: number;
  /** Over all series. */
  readonly maxPoints: number;
}

interface RawSeries {
  readonly metric?: unknown;
  readonly value?: unknown;
  readonly values?: unknown;
}

/**
 * The series of an answer; an instant one has a single point each, and a scalar is a series without labels. Throws
 * `HistoryError`: `query` with the engine's own words, `too_large`, `malformed`.
 */
export function parseAnswer(text: string, limits: AnswerLimits): readonly Series[] {
  const body = parseJson(text);
  if (!isRecord(body) || (body['status'] !== 'success' && body['status'] !== 'error'))
    throw malformed('has no status "success" or "error"');
  if (body['status'] === 'error')
    throw new HistoryError('query', `the query was refused: ${line(body['error'])}`);
  const data = body['data'];
  if (!isRecord(data)) throw malformed('has no data');
  if (data['resultType'] === 'scalar') return [{ labels: {}, points: [parsePoint(data['result'])] }];
  if (data['resultType'] !== 'vector' && data['resultType'] !== 'matrix')
    throw malformed(`has the result type ${line(data['resultType'])} instead of vector, matrix or scalar`);
  if (!Array.isArray(data['result'])) throw malformed('has no list of results');
  return parseSeries(data['result'] as readonly unknown[], limits);
}

function parseSeries(result: readonly unknown[], { maxSeries, maxPoints }: AnswerLimits): readonly Series[] {
  if (result.length > maxSeries) throw tooLarge(`${result.length} series, of which ${maxSeries} are taken`);
  let points = 0;
  return result.map((raw) => {
    if (!isRecord(raw)) throw malformed('has a result that is no object');
    const { metric, value, values }: RawSeries = raw;
    const rows = value === undefined ? values : [value];
    if (!Array.isArray(rows)) throw malformed('has a result without values');
    points += rows.length;
    if (points > maxPoints) throw tooLarge(`more than ${maxPoints} points`);
    return { labels: parseLabels(metric), points: rows.map(parsePoint) };
  });
}

function parseLabels(metric: unknown): Readonly<Record<string, string>> {
  if (!isRecord(metric)) throw malformed('has a result without labels');
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(metric)) {
    if (typeof value !== 'string') throw malformed(`has a label ${line(name)} that is no text`);
    labels[name] = value;
  }
  return labels;
}

function parsePoint(raw: unknown): readonly [atMs: number, value: number] {
  if (!Array.isArray(raw) || raw.length !== 2) throw malformed('has a point that is no pair');
  const [seconds, text] = raw as readonly unknown[];
  if (typeof seconds !== 'number' || typeof text !== 'string') throw malformed('has a point of wrong types');
  const value = parseValue(text);
  if (value === null) throw malformed(`has the value ${line(text)}`);
  return [Math.round(seconds * 1000), value];
}

function parseValue(text: string): number | null {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? null : value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('is no JSON');
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string): HistoryError {
  return new HistoryError(
    'malformed',
    `the answer ${what}: give the address of Prometheus or of something that speaks its query API`,
  );
}

function tooLarge(what: string): HistoryError {
  return new HistoryError(
    'too_large',
    `the answer has ${what}: ask for fewer hours, longer steps or one service`,
  );
}

/** On one line and short, for a message. */
function line(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
