/**
 * The benchmark's entrance. A whole run goes to `bench/results/`; a quick or partial one to `.tmp/bench/`, because its
 * figures must not stand where the README takes its own from.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import type { Results } from './report/results.ts';
import { renderMarkdown, verdictTable } from './report/table.ts';
import { allMet, judgeAll } from './report/targets.ts';
import { requireTools, runAll } from './run.ts';

const published = fileURLToPath(new URL('results/', import.meta.url));
const scratch = fileURLToPath(new URL('../.tmp/bench/', import.meta.url));

async function save(results: Results, { quick, only }: BenchOptions): Promise<string> {
  const folder = quick || only.length > 0 ? scratch : published;
  await mkdir(folder, { recursive: true });
  const name = results.startedAt.slice(0, 16).replace(':', '');
  await writeFile(`${folder}${name}.json`, `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(`${folder}latest.md`, renderMarkdown(results));
  return `${folder}${name}.json`;
}

async function load(path: string): Promise<Results> {
  const results = JSON.parse(await readFile(path, 'utf8')) as Results;
  if (results.format !== 1) throw new Error(`${path}: format ${String(results.format)}, expected 1`);
  return results;
}

async function main(): Promise<number> {
  let options: BenchOptions;
  let results: Results;
  try {
    options = parseOptions(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(usage);
      return 0;
    }
    if (options.from === null) requireTools();
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options.from !== null) results = await load(options.from);
  else {
    results = await runAll(options);
    const path = await save(results, options);
    console.log(`\nwritten: ${path} and latest.md beside it`);
  }
  console.log(`\n${renderMarkdown(results)}`);
  const verdicts = judgeAll(results);
  if (options.check) console.log(verdictTable(verdicts));
  const failed = results.cells.filter(({ outcome }) => outcome.status === 'failed').length;
  if (failed > 0) console.error(`bench: ${failed} of ${results.cells.length} cells FAILED`);
  return failed > 0 || (options.check && !allMet(verdicts)) ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The exit handler of running-process.ts ends what was started.
  process.once(signal, () => process.exit(1));
}
process.exitCode = await main();
