/**
 * A planted culprit: a fault of a kind that real programs have, so that it can be shown that holmes finds it. Each module
 * here holds one; tests, the demonstration and the documentation take them from `table.ts`.
 */

export interface Culprit {
  /** `regular-expression`: also the name of its file. */
  readonly name: string;
  /** One line for people: what is wrong with the code. */
  readonly summary: string;
  /** Which capture shows it. */
  readonly capture: 'cpu' | 'heap' | 'handles';
  /** Function that a diagnosis has to name. */
  readonly guilty: string;
  /** Name of the file that it is in, without a folder. */
  readonly file: string;
  /** Text that stands in the line that a diagnosis has to name: of a CPU or handle capture the statement, of a heap capture the head of the function. */
  readonly statement: string;
  /** Does its damage once: to be called for each request, or on a timer of 10 ms. */
  strike(): void;
  /** Gives back what it holds. A later strike begins anew. */
  stop(): void;
}

export interface CulpritOptions {
  /** How long a strike blocks the thread, about; default 10 ms. 1,500 makes a stall. */
  readonly blockMs?: number;
  /** How many bytes a strike leaks, about; default 256 KiB. */
  readonly leakBytes?: number;
  /** Where leaked sockets go; default: a server of its own in the same thread. */
  readonly peer?: { readonly host: string; readonly port: number };
}

/** Does nothing yet: what a culprit needs it makes at its first strike. */
export type CulpritMaker = (options?: CulpritOptions) => Culprit;

export const defaultBlockMs = 10;
export const defaultLeakBytes: number = 256 * 1024;
