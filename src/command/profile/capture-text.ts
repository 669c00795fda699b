/** Captures in words: many as a table, one with what belongs to it. */
import type { CaptureView, ReadingsView, SuspectView } from './capture-view.ts';
import { age, byteSize, percent, readingText, seconds, timestamp } from './quantity.ts';
import { table } from './table.ts';

/** `nowMs`: unix milliseconds, for the ages. */
export function captureTable(captures: readonly CaptureView[], nowMs: number): string {
  if (captures.length === 0) return 'no captures\n';
  const rows = captures.map(({ id, at, subject, kind, rule, sentence }) => {
    return [id, age(nowMs - at), subject, kind, rule, sentence];
  });
  return table([['ID', 'AGE', 'SUBJECT', 'KIND', 'RULE', 'WHAT HAPPENED'], ...rows]);
}

/** The sentence first: it is what most people need. */
export function captureText(capture: CaptureView, nowMs: number): string {
  const { id, subject, kind, rule, reason, at, from, to, tookMs, program } = capture;
  const facts = table([
    ['id', id],
    ['subject', subject],
    ['kind', kind],
    ['rule', reason === '' ? rule : `${rule}: ${reason}`],
    ['taken', `${timestamp(at)}, ${age(nowMs - at)} ago, in ${seconds(tookMs)}`],
    ['covers', `${timestamp(from)} to ${timestamp(to)}, ${seconds(to - from)}`],
    ['program', program],
  ]);
  const parts = [
    `${capture.sentence || 'no sentence'}\n`,
    facts,
    section('suspects', suspectRows(capture.suspects)),
    section('readings', readingRows(capture.readings, at)),
    section(
      'files',
      capture.files.map(({ format, bytes }) => [format, byteSize(bytes)]),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return `${title}\n${table(rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]))}`;
}

function suspectRows(suspects: readonly SuspectView[]): readonly (readonly string[])[] {
  return suspects.map(({ share, before, place, construct, owner }) => {
    const was = Number.isNaN(before) ? 'no baseline' : `before ${percent(before)}`;
    return [percent(share), was, [place, construct, owner].filter((text) => text !== '').join(', ')];
  });
}

/** Before the decision on average, at it, and the last one after it; readings that were never had are left out. */
function readingRows({ times, values }: ReadingsView, at: number): readonly (readonly string[])[] {
  const rows = values.flatMap((reading) => {
    const had = reading.values
      .map((value, index) => ({ value, isAfter: (times[index] ?? Number.NaN) > at }))
      .filter(({ value }) => Number.isFinite(value));
    if (had.length === 0) return [];
    const until = had.filter(({ isAfter }) => !isAfter).map(({ value }) => value);
    const after = had.filter(({ isAfter }) => isAfter).map(({ value }) => value);
    const earlier = until.slice(0, -1);
    const average = earlier.reduce((sum, value) => sum + value, 0) / earlier.length;
    const cells = [average, until.at(-1) ?? Number.NaN, after.at(-1) ?? Number.NaN];
    return [[reading.name, ...cells.map((value) => readingText(reading.name, value))]];
  });
  return rows.length === 0 ? [] : [['', 'average before', 'at the decision', 'after'], ...rows];
}
