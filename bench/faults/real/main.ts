/** The fault bench on real processes: the entrance. Takes about 20 minutes for all cases once. */
import { readFile, writeFile } from 'node:fs/promises';
import { cases } from './cases.ts';
import { truthOf } from './case.ts';
import { parseOptions, type RealOptions, usage } from './options.ts';
import type { RunResults } from './results.ts';
import { runAll } from './run.ts';
import { scoreOf } from './score.ts';
import { renderMarkdown } from './table.ts';

async function load(path: string): Promise<RunResults> {
  const results = JSON.parse(await readFile(path, 'utf8')) as RunResults;
  if (results.format !== 1) throw new Error(`${path}: format ${String(results.format)}, expected 1`);
  return results;
}

function run(options: RealOptions): Promise<RunResults> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const { only, rounds, lanes, seed } = options;
  return runAll({
    rounds,
    lanes,
    seed,
    cases: only.length === 0 ? cases : cases.filter(({ name }) => only.includes(name)),
    command: ['node', 'bench/faults/real/main.ts', ...process.argv.slice(2)].join(' '),
    signal: interrupt.signal,
    onTrial: (trial, one) => {
      const score = scoreOf(trial, one, truthOf(one));
      const word = score.right ? 'right' : score.firstWord === null ? 'missed' : 'wrong';
      const after = score.rightAfterSeconds === null ? '' : ` after ${score.rightAfterSeconds.toFixed(0)} s`;
      console.error(`${new Date().toISOString().slice(11, 19)} ${one.name}: ${word}${after}`);
    },
  });
}

async function main(): Promise<number> {
  let options: RealOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`real: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (options.list) {
    for (const { name, title } of cases) console.log(`${name.padEnd(26)} ${title}`);
    return 0;
  }
  const results = options.from === null ? await run(options) : await load(options.from);
  if (options.json !== null) await writeFile(options.json, `${JSON.stringify(results)}\n`);
  const { machine, seconds } = results;
  console.log(
    `${results.trials.length} trials in ${seconds} s, ${results.lanes} meshes side by side, ${machine.cores} cores, ` +
      `Node ${machine.node}, load ${machine.loads.map((one) => one.toFixed(1)).join(', ')} (start, most, end)\n`,
  );
  console.log(renderMarkdown(results));
  return results.broken.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
  process.exitCode = 130;
}
