/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { ScenarioName } from './scenarios.ts';

export interface BenchOptions {
  /** All of them unless named. */
  readonly only: readonly ScenarioName[];
  readonly quick: boolean;
  readonly rounds: number;
  /** End with exit code 1 when a target is missed. */
  readonly check: boolean;
  /** Show an earlier result instead of measuring. */
  readonly from: string | null;
  readonly help: boolean;
}

export const usage: string = `Measures Meshlock beside nginx, HAProxy and the usual proxies of Node.

  npm run bench                                  everything, four rounds, about 15 minutes
  npm run bench -- --quick                       one short round: does it work?
  npm run bench -- --only http-1k --rounds 3     one scenario (repeat --only for more)
  npm run bench -- --check                       and fail when a target is missed
  node bench/main.ts --from bench/results/<file>.json [--check]
                                                 show, or judge, an earlier result

Scenarios: ${ScenarioName.join(', ')}
Exit codes: 0, 1 a cell failed or a target was missed, 2 bad usage or a missing tool.
`;

/** Throws an Error that says what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      check: { type: 'boolean', default: false },
      from: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const only = (values.only ?? []).flatMap((list) => list.split(','));
  const unknown = only.filter((name) => !ScenarioName.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(
      `--only: no scenario "${unknown.join('", "')}"; expected one of ${ScenarioName.join(', ')}`,
    );
  }
  const rounds = values.rounds === undefined ? (values.quick ? 1 : 4) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds: got "${values.rounds}", expected a whole number from 1 to 100`);
  }
  return {
    only: only as ScenarioName[],
    quick: values.quick,
    rounds,
    check: values.check,
    from: values.from ?? null,
    help: values.help,
  };
}
