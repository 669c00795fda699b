/** Why a data thread ended, told apart so that a person reading the log knows what to change. */

export type ThreadExit =
  /** An error nobody caught. */
  | { readonly kind: 'crash'; readonly message: string; readonly stack: string }
  /** V8's heap limit of the thread was reached; `limitBytes` 0 means Node's own default. */
  | { readonly kind: 'out-of-heap'; readonly limitBytes: number }
  /** It stopped beating and was terminated after `stalledMs`. */
  | { readonly kind: 'stall'; readonly stalledMs: number }
  /** It never became able to take a snapshot and was terminated after `waitedMs`. */
  | { readonly kind: 'start-timeout'; readonly waitedMs: number }
  /** It ended by itself, for instance because a user's filter called `process.exit`. */
  | { readonly kind: 'exit'; readonly code: number }
  /** It was asked to. */
  | { readonly kind: 'stopped' };

/** What happened, to be put behind `data thread 2 `. */
export function describeExit(exit: ThreadExit): string {
  switch (exit.kind) {
    case 'crash':
      return `crashed: ${exit.message}`;
    case 'out-of-heap':
      return exit.limitBytes === 0
        ? 'ran out of heap'
        : `ran out of heap (limit ${Math.round(exit.limitBytes / 1048576)} MiB)`;
    case 'stall':
      return `stalled for ${seconds(exit.stalledMs)} s`;
    case 'start-timeout':
      return `did not start within ${seconds(exit.waitedMs)} s`;
    case 'exit':
      return `ended by itself with code ${exit.code}`;
    case 'stopped':
      return 'was stopped';
  }
}

/** What a worker's `error` event says about its end. Anything may be thrown, so anything may arrive here. */
export function exitOfError(error: unknown, heapLimitBytes: number): ThreadExit {
  if (error instanceof Error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return { kind: 'out-of-heap', limitBytes: heapLimitBytes };
    }
    return { kind: 'crash', message: `${error.name}: ${error.message}`, stack: error.stack ?? '' };
  }
  return { kind: 'crash', message: `a value that is no Error was thrown: ${brief(error)}`, stack: '' };
}

function brief(value: unknown): string {
  let text: string;
  try {
    text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    text = typeof value;
  }
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
