/**
 * The inference on fleets that exist only as numbers, with faults planted and scored. Prints a table in Markdown; takes
 * about two minutes at 150 trials of 60 nodes.
 */
import { parseArgs } from 'node:util';
import { type Case, cases, runCase } from './cases.ts';
import { measureScale, type ScaleFigures } from './scale.ts';
import type { Score } from './score.ts';

const usage = `Plants faults in synthetic fleets and scores what the inference says.

  node bench/faults/synthetic/main.ts [--trials 150] [--nodes 60] [--callees 20] [--seed 1] [--scale]

--scale measures time and memory of fleets up to 5,000 nodes instead.
Exit codes: 0, 2 bad usage.
`;

interface Options {
  readonly trials: number;
  readonly nodes: number;
  readonly callees: number;
  readonly seed: number;
  readonly scale: boolean;
  readonly help: boolean;
}

function number(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name}: got "${text}", expected a whole number from ${least} to ${most}`);
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trials: { type: 'string', default: '150' },
      nodes: { type: 'string', default: '60' },
      callees: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      scale: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    trials: number('trials', values.trials, [1, 100_000]),
    nodes: number('nodes', values.nodes, [3, 5000]),
    callees: number('callees', values.callees, [1, 1000]),
    seed: number('seed', values.seed, [0, 2 ** 31]),
    scale: values.scale,
    help: values.help,
  };
}

function of(count: number, all: number): string {
  return `${count} of ${all}`;
}

function percent(count: number, all: number): string {
  return `${((count / Math.max(1, all)) * 100).toFixed(1)} %`;
}

/** The figures of a case in one cell, as far as they mean something there. */
function result(one: Case, score: Score): string {
  const { trials } = score;
  if (one.shows === 'healthy') return `${of(score.blamed, trials)} windows blamed`;
  if (one.shows === 'application') {
    return [
      `${of(score.proxyNamed, trials)} blamed on a proxy`,
      `a proxy among the possible: ${of(score.proxyBlamed, trials)}`,
      `application named ${percent(score.module, trials)}`,
    ].join('; ');
  }
  return [
    `node ${percent(score.node, trials)}`,
    `module ${percent(score.module, trials)}`,
    `in the ambiguity set ${percent(score.covered, trials)}`,
    `an innocent node beside ${of(score.falseNode, trials)}`,
  ].join('; ');
}

function scaleRow(found: ScaleFigures): string {
  const amount = (value: number): string => Math.round(value).toLocaleString('en-US');
  const cells = [
    `${amount(found.nodes)} / ${amount(found.edges)}`,
    `${amount(found.rows)} (${percent(found.rows, found.edges)})`,
    `${amount(found.joinMs)} ms`,
    `${amount(found.inferMs)} ms`,
    `${amount(found.residentMegabytes)} MB`,
    found.first,
  ];
  return `| ${cells.join(' | ')} |`;
}

function main(): number {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`synthetic: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (options.scale) {
    console.log(
      '| nodes / edges | failing edges | reports to evidence | evidence to suspects | peak RSS | first suspect |',
    );
    console.log('|---|---:|---:|---:|---:|---|');
    for (const [nodes, callees] of [
      [400, 50],
      [2000, 100],
      [5000, 200],
    ] as const) {
      console.log(scaleRow(measureScale({ nodes, callees, seed: options.seed })));
    }
    return 0;
  }
  const fleet = { nodes: options.nodes, callees: options.callees, nodesPerService: 5 };
  const edges = options.nodes * Math.min(options.callees, options.nodes - 1);
  console.log(
    `${options.nodes} nodes, ${edges} edges, ${options.trials} trials, 5 calls per edge and epoch unless said.\n`,
  );
  console.log('| case | windows | result |');
  console.log('|---|---:|---|');
  for (const one of cases) {
    const score = runCase(one, { trials: options.trials, fleet, seed: options.seed });
    console.log(`| ${one.title} | ${score.trials} | ${result(one, score)} |`);
  }
  return 0;
}

process.exitCode = main();
