/** What `npm run demo` is asked for on its command line, and what it says about that. */
import { parseArgs } from 'node:util';

export const Fault = ['cpu', 'leak', 'upstream', 'release'] as const;
export type Fault = (typeof Fault)[number];

export interface DemoArguments {
  /** `null`: nothing is broken. */
  readonly fault: Fault | null;
  /** Ends by itself once the story is told. */
  readonly once: boolean;
  readonly help: boolean;
}

/** Words that cannot be understood; the message says which, and what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const helpText = `npm run demo -- [--fault <fault>] [--once]

Starts a small mesh of real processes on this machine and says what to open: two services behind nodes of Meshlock, an
application that calls another through both, the aggregator, and Prometheus and Alertmanager when they are installed.

  --fault <fault>   breaks something and tells what is seen of it, by whom and when:
                      cpu       a filter in node cart-1 burns the CPU: holmes captures it and names the line
                      leak      a filter in node cart-1 leaks memory: holmes names who allocates it
                      upstream  an application behind cart-1 fails: it is ejected, and nobody notices
                      release   release 1.1.0 of cart loses calls: the verdict fails and names release and module
  --once            ends when that is told (without a fault: once all runs) instead of running until Ctrl-C
  --help            this

Examples:
  npm run demo
  npm run demo -- --fault cpu
  npm run demo -- --fault release --once

Exit code: 0; 1 when something that was to be seen was not, or a process ended early; 2 for words that are not understood.
`;

/** Throws a UsageError. */
export function parseArguments(words: readonly string[]): DemoArguments {
  const { fault = null, once, help } = readWords(words);
  if (fault !== null && !isFault(fault))
    throw new UsageError(`--fault: expected one of ${Fault.join(', ')}, got ${JSON.stringify(fault)}`);
  return { fault, once, help };
}

function readWords(words: readonly string[]): {
  readonly fault?: string | undefined;
  readonly once: boolean;
  readonly help: boolean;
} {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        fault: { type: 'string' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isFault(text: string): text is Fault {
  return Fault.some((fault) => fault === text);
}
