/**
 * `capture.json`: the record of a capture as it lies on the disk, with the version of its form and the process that
 * wrote it. It is read with suspicion: another version, a torn file or somebody else's is `null`, never an error.
 */
import { CaptureFormat, type CaptureRecord } from '../capture/capture.ts';
import { ReadingName } from '../reading.ts';
import { Occasion, RuleName } from '../rule/rule.ts';
import { CaptureKind } from '../subject/subject.ts';

export const recordFileName = 'capture.json';
/** No record of ours comes near; what is larger is not read. */
export const maxRecordBytes: number = 4 * 1024 * 1024;
const version = 1;

export interface RecordFile {
  readonly record: CaptureRecord;
  /** Mark of the process that wrote it. */
  readonly owner: string;
}

/** JSON knows finite numbers only: a reading that could not be had becomes null, any other odd number 0. */
export function recordText({ record, owner }: RecordFile): string {
  const values = Object.entries(record.readings.values).map(([name, list]) => [
    name,
    list.map((value) => (Number.isFinite(value) ? value : null)),
  ]);
  const readings = { ...record.readings, values: Object.fromEntries(values) as object };
  const finite = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isFinite(value) ? 0 : value;
  return `${JSON.stringify({ version, owner, ...record, readings }, finite, 1)}\n`;
}

/** `null`: not a record of this version. */
export function parseRecord(text: string): RecordFile | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { version: written, owner, ...rest } = value;
  if (written !== version || typeof owner !== 'string' || !isRecord(rest)) return null;
  return { record: { ...rest, readings: withNaN(rest.readings) }, owner };
}

/** JSON has no NaN and writes null, which arithmetic would take for 0. */
function withNaN({ subject, times, values }: CaptureRecord['readings']): CaptureRecord['readings'] {
  const entries = Object.entries(values).map(([name, list]) => [
    name,
    list.map((value) => (value as number | null) ?? Number.NaN),
  ]);
  return { subject, times, values: Object.fromEntries(entries) as CaptureRecord['readings']['values'] };
}

type Unknown = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isNumberOrNull: Check = (value) => value === null || typeof value === 'number';

function isObject(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function oneOf(names: readonly string[]): Check {
  return (value) => typeof value === 'string' && names.includes(value);
}

/** An object with at least these fields. */
function having(fields: Readonly<Record<string, Check>>): Check {
  return (value) => isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
}

const frame = having({ functionName: isText, url: isText, line: isNumber, column: isNumber });
const place = having({ functionName: isText, file: isText, line: isNumber, url: isText });
const suspect = having({
  place,
  construct: (value) => value === null || isText(value),
  share: isNumber,
  before: isNumberOrNull,
  amount: isNumber,
  owner: isText,
});
const readings = having({
  subject: isText,
  times: listOf(isNumber),
  values: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, list]) => oneOf(ReadingName)(name) && listOf(isNumberOrNull)(list)),
});
const kernel = having({ kind: isText, waitChannel: isText, systemCall: isText });
const program = having({
  name: isText,
  version: isText,
  configuration: isText,
  node: isText,
  pid: isNumber,
  host: isText,
});

const record = having({
  id: isText,
  subject: isText,
  kind: oneOf(CaptureKind),
  rule: oneOf([...RuleName, ...Occasion]),
  reason: isText,
  decisionId: isNumber,
  at: isNumber,
  from: isNumber,
  to: isNumber,
  tookMs: isNumber,
  readings,
  kernel: (value) => value === null || kernel(value),
  stacks: listOf(having({ at: isNumber, frames: listOf(frame) })),
  program,
  diagnosis: having({
    certainty: oneOf(['named', 'unclear']),
    sentence: isText,
    suspects: listOf(suspect),
  }),
  files: listOf(having({ format: oneOf(CaptureFormat), bytes: isNumber })),
});

function isRecord(value: unknown): value is CaptureRecord {
  return record(value);
}
