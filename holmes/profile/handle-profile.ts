/** What is alive in a thread beside objects: the analogue of Go's goroutine profile. Plain data, made in the thread. */

/** One frame, line and column counted from 1. */
export interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/** Alike things that were made at one place. */
export interface HandleGroup {
  /** `tcp-client`, `tcp-server`, `udp`, `child-process`, or a type of `process.getActiveResourcesInfo`. */
  readonly kind: string;
  /** `connecting`, `open`, `half-closed`, `closing`; empty where it has no meaning. */
  readonly state: string;
  /** The other side, `host:port`; of accepted sockets the local port, `:8080`; empty where it has none. */
  readonly peer: string;
  readonly count: number;
  /** Bytes that wait to be read or sent. */
  readonly bufferedBytes: number;
  /** Of the oldest. */
  readonly maxAgeMs: number;
  /** Where it was made, innermost first; empty: not known. */
  readonly stack: readonly Frame[];
}

/** What was made during the armed window, by kind and place. */
export interface CreationGroup {
  readonly kind: string;
  /** Made in the window; an estimate when stacks were taken of some only. */
  readonly created: number;
  /** Of these, not yet gone when the window ended, as far as it is known. */
  readonly alive: number;
  readonly stack: readonly Frame[];
}

/** Sampled live memory outside the heap, by the place that asked for it. */
export interface BufferGroup {
  readonly bytes: number;
  readonly stack: readonly Frame[];
}

export interface HandleProfile {
  readonly groups: readonly HandleGroup[];
  /** Everything active by type, as Node counts it. */
  readonly activeByType: Readonly<Record<string, number>>;
  /** 0: no window was armed. */
  readonly armedMs: number;
  readonly created: readonly CreationGroup[];
  readonly buffers: readonly BufferGroup[];
  /** Node's warnings since the thread was joined, such as MaxListenersExceededWarning; at most 20, newest last. */
  readonly warnings: readonly {
    readonly name: string;
    readonly message: string;
    readonly stack: readonly Frame[];
  }[];
}

/** The live stack of a thread that does not answer, innermost first. */
export interface StackSample {
  /** Unix milliseconds. */
  readonly at: number;
  readonly frames: readonly Frame[];
}

/** What the kernel says of a thread. */
export interface KernelState {
  /** `running`: on a core or ready; `sleeping`: waits in the kernel; `starved`: ready, but gets no core. */
  readonly kind: 'running' | 'sleeping' | 'starved' | 'unknown';
  /** Kernel function it sleeps in, system call number; empty where not to be had. */
  readonly waitChannel: string;
  readonly systemCall: string;
}
