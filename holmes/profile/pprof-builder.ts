/**
 * Builds a pprof profile (github.com/google/pprof, proto/profile.proto): the tables of strings, functions and locations,
 * each entry once, and the gzip around it. Locations carry no address: `go tool pprof` needs none when they name lines.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  Function as PprofFunction,
  Label,
  Line,
  Location,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import { pathOf } from './frame-origin.ts';

export interface ProfileMeta {
  /** Unix milliseconds of the beginning. */
  readonly at: number;
  /** Shown by `go tool pprof -comments`. */
  readonly comments: readonly string[];
}

export interface PprofFrame {
  /** Empty: `(anonymous)`. */
  readonly functionName: string;
  readonly url: string;
  /** At work, from 1; 0: not known. */
  readonly line: number;
  /** Where the function begins, from 1; 0: not known. */
  readonly startLine: number;
}

export interface SampleKind {
  readonly type: string;
  readonly unit: string;
}

const compress = promisify(gzip);

export class PprofBuilder {
  readonly #strings: StringTable = new StringTable();
  readonly #functions = new Map<string, PprofFunction>();
  readonly #locations = new Map<string, Location>();
  readonly #samples = new Map<string, Sample>();
  readonly #kinds: readonly SampleKind[];

  readonly #shown: number;

  /** `kinds`: what the values of a sample are, in their order; `shown`: which of them a reader sees first. */
  constructor(kinds: readonly SampleKind[], shown: number = kinds.length - 1) {
    this.#kinds = kinds;
    this.#shown = shown;
  }

  /** `stack`: innermost first. Samples of one stack with the same labels are added up. */
  add(
    stack: readonly PprofFrame[],
    values: readonly number[],
    labels: Readonly<Record<string, string>> = {},
  ): void {
    const locationId = stack.map((frame) => this.#location(frame));
    const label = Object.entries(labels)
      .filter(([, text]) => text !== '')
      .map(([key, text]) => new Label({ key: this.#strings.dedup(key), str: this.#strings.dedup(text) }));
    const key = `${locationId.join()}|${label.map((one) => `${one.key}=${one.str}`).join()}`;
    const known = this.#samples.get(key);
    if (known === undefined) {
      this.#samples.set(key, new Sample({ locationId, value: values.map(Math.round), label }));
      return;
    }
    known.value = known.value.map((value, at) => Number(value) + Math.round(values[at] ?? 0));
  }

  /** `period`: between samples, of the kind that is shown first; 0: none. `durationMs` 0: a moment. */
  async encode(
    meta: ProfileMeta,
    options: { readonly durationMs: number; readonly period: number },
  ): Promise<Uint8Array> {
    const types = this.#kinds.map((kind) => this.#valueType(kind));
    const comment = meta.comments.map((text) => this.#strings.dedup(text));
    const profile = new Profile({
      sampleType: types,
      sample: [...this.#samples.values()],
      location: [...this.#locations.values()],
      function: [...this.#functions.values()],
      timeNanos: BigInt(Math.round(meta.at)) * 1_000_000n,
      durationNanos: Math.round(options.durationMs * 1e6),
      periodType: types[this.#shown]!,
      defaultSampleType: types[this.#shown]!.type,
      period: Math.round(options.period),
      comment,
      stringTable: this.#strings,
    });
    return compress(await profile.encodeAsync());
  }

  #valueType(kind: SampleKind): ValueType {
    return new ValueType({ type: this.#strings.dedup(kind.type), unit: this.#strings.dedup(kind.unit) });
  }

  #location(frame: PprofFrame): number {
    const made = this.#function(frame);
    const key = `${made.id}:${frame.line}`;
    let location = this.#locations.get(key);
    if (location === undefined) {
      const line = new Line({ functionId: made.id, line: frame.line });
      location = new Location({ id: this.#locations.size + 1, line: [line] });
      this.#locations.set(key, location);
    }
    return Number(location.id);
  }

  #function(frame: PprofFrame): PprofFunction {
    const key = `${frame.functionName}\n${frame.url}\n${frame.startLine}`;
    let made = this.#functions.get(key);
    if (made === undefined) {
      const name = this.#strings.dedup(frame.functionName === '' ? '(anonymous)' : frame.functionName);
      const filename = this.#strings.dedup(pathOf(frame.url));
      const startLine = frame.startLine;
      made = new PprofFunction({ id: this.#functions.size + 1, name, systemName: name, filename, startLine });
      this.#functions.set(key, made);
    }
    return made;
  }
}
