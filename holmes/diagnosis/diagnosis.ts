/** What a capture means, computed from the profile, in words and in numbers. */

/** A place in the source that a person can open. */
export interface Place {
  readonly functionName: string;
  /** Path or module name, as short as it is unambiguous: `filters/user/audit.ts`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** As the profile has it. */
  readonly url: string;
}

export interface Suspect {
  readonly place: Place;
  /** What it does there, when the line or the frames below it tell. */
  readonly construct:
    | 'loop'
    | 'regular expression'
    | 'JSON'
    | 'synchronous crypto'
    | 'synchronous file access'
    | 'child process'
    | 'timers'
    | 'promises'
    | 'sockets'
    | 'listeners'
    | 'buffers'
    | 'closures'
    | 'collection'
    | 'garbage collection'
    | null;
  /** Of what the profile measures (time, live bytes, handles): 0 to 1. */
  readonly share: number;
  /** The same in the baseline; `null` without one. */
  readonly before: number | null;
  /** In the profile's unit: milliseconds, bytes, handles. */
  readonly amount: number;
  /** `filter audit`, `route /api`, `peer 10.0.0.7:443`; empty when not known. */
  readonly owner: string;
}

export interface Diagnosis {
  /** `named`: one culprit; `unclear`: the profile does not single one out, and the sentence says so. */
  readonly certainty: 'named' | 'unclear';
  /** For a sleepy person. */
  readonly sentence: string;
  /** Most guilty first, at most 5. */
  readonly suspects: readonly Suspect[];
}
