/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { cases } from './cases.ts';

export interface RealOptions {
  /** Names of cases; all of them when empty. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Meshes side by side. */
  readonly lanes: number;
  /** Of the moments at which faults set in. */
  readonly seed: number;
  /** Where everything that was seen is written to. */
  readonly json: string | null;
  /** An earlier run that is shown instead. */
  readonly from: string | null;
  readonly list: boolean;
  readonly help: boolean;
}

export const usage: string = `Plants faults in a mesh of real processes and scores who is blamed.

  node bench/faults/real/main.ts                          all ${cases.length} cases once
  node bench/faults/real/main.ts --only link --rounds 3   one case three times (repeat --only for more)
  node bench/faults/real/main.ts --json run.json          and everything that was seen
  node bench/faults/real/main.ts --from run.json          the table of an earlier run

  --lanes 3   meshes side by side, each of 13 processes     --seed 1   when in an epoch a fault sets in
  --list      names of the cases

Exit codes: 0, 1 a case could not be run, 2 bad usage.
`;

/** Throws an Error that says what is wrong. */
export function parseOptions(args: readonly string[]): RealOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '1' },
      lanes: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      from: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const only = (values.only ?? []).flatMap((list) => list.split(','));
  const unknown = only.filter((name) => !cases.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`--only: no case "${unknown.join('", "')}"; --list has them`);
  return {
    only,
    rounds: whole('rounds', values.rounds, [1, 100]),
    lanes: whole('lanes', values.lanes, [1, 8]),
    seed: whole('seed', values.seed, [0, 2 ** 31]),
    json: values.json ?? null,
    from: values.from ?? null,
    list: values.list,
    help: values.help,
  };
}

function whole(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name}: got "${text}", expected a whole number from ${least} to ${most}`);
}
