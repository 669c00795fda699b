/**
 * The part of a capture's record that is shown at a terminal, read from the admin API's JSON. The type is holmes'
 * CaptureRecord; it is written down again because the proxy may be of another version than this command.
 */
import { type JsonObject, isObject, numberOf, objectOf, objectsOf, textOf } from '../admin/json.ts';

export interface CaptureView {
  readonly id: string;
  readonly subject: string;
  readonly kind: string;
  readonly rule: string;
  readonly reason: string;
  /** Unix milliseconds; NaN where the answer had none. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly tookMs: number;
  readonly sentence: string;
  readonly suspects: readonly SuspectView[];
  readonly readings: ReadingsView;
  readonly program: string;
  readonly files: readonly { readonly format: string; readonly bytes: number }[];
}

export interface SuspectView {
  readonly place: string;
  readonly construct: string;
  /** 0 to 1; NaN when not known. */
  readonly share: number;
  readonly before: number;
  readonly owner: string;
}

export interface ReadingsView {
  readonly times: readonly number[];
  /** One value per time, NaN where it could not be had. */
  readonly values: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** `null`: not a capture. */
export function captureView(value: unknown): CaptureView | null {
  if (!isObject(value) || textOf(value['id']) === '') return null;
  const diagnosis = objectOf(value['diagnosis']);
  return {
    id: textOf(value['id']),
    subject: textOf(value['subject']),
    kind: textOf(value['kind']),
    rule: textOf(value['rule']),
    reason: textOf(value['reason']),
    at: numberOf(value['at']),
    from: numberOf(value['from']),
    to: numberOf(value['to']),
    tookMs: numberOf(value['tookMs']),
    sentence: textOf(diagnosis['sentence']),
    suspects: objectsOf(diagnosis['suspects']).map(suspectView),
    readings: readingsView(objectOf(value['readings'])),
    program: programText(objectOf(value['program'])),
    files: objectsOf(value['files']).map(({ format, bytes }) => ({
      format: textOf(format),
      bytes: numberOf(bytes),
    })),
  };
}

function suspectView({ place, construct, share, before, owner }: JsonObject): SuspectView {
  const { functionName, file, line } = objectOf(place);
  const where = `${textOf(file)}:${numberOf(line)}`;
  const name = textOf(functionName);
  return {
    place: name === '' ? where : `${name} at ${where}`,
    construct: textOf(construct),
    share: numberOf(share),
    before: numberOf(before),
    owner: textOf(owner),
  };
}

function readingsView({ times, values }: JsonObject): ReadingsView {
  const lists = Object.entries(objectOf(values)).filter((entry): entry is [string, unknown[]] =>
    Array.isArray(entry[1]),
  );
  return {
    times: Array.isArray(times) ? times.map(numberOf) : [],
    values: lists.map(([name, list]) => ({ name: textOf(name), values: list.map(numberOf) })),
  };
}

function programText({ name, version, configuration, node, pid, host }: JsonObject): string {
  const config = textOf(configuration) === '' ? '' : `, configuration ${textOf(configuration)}`;
  return `${textOf(name)} ${textOf(version)}${config}, Node ${textOf(node)}, pid ${numberOf(pid)} on ${textOf(host)}`;
}
