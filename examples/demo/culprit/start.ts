/**
 * `npm run demo:culprit`: plants each culprit in a running proxy under load and prints what the proxy says about it.
 * With names only these; with `--write` also as the table of docs/culprits.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../proxy.ts';
import { scenes } from './scene.ts';
import { type Shown, show } from './show.ts';
import { withTable } from './table.ts';

const page = join(repository, 'docs', 'culprits.md');

function line({ culprit, capture, named, tookMs }: Shown): string {
  if (capture === null) return `  not caught within ${seconds(tookMs)}`;
  const verdict = named ? 'named' : 'caught, not named';
  const how = `${verdict} after ${seconds(tookMs)} by the rule ${capture.rule}`;
  return `  ${capture.diagnosis.sentence}\n  ${how} (${culprit})`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !scenes.some(({ culprit }) => culprit === name));
  if (unknown.length > 0) {
    console.error(
      `no culprit ${unknown.join(', ')}; there are ${scenes.map(({ culprit }) => culprit).join(', ')}`,
    );
    return 2;
  }
  const chosen = scenes.filter(({ culprit }) => positionals.length === 0 || positionals.includes(culprit));
  const shown: Shown[] = [];
  for (const scene of chosen) {
    console.log(`\n${scene.culprit}`);
    const result = await show(scene);
    shown.push(result);
    console.log(line(result));
  }
  const named = shown.filter((result) => result.named).length;
  console.log(`\n${named} of ${shown.length} culprits named`);
  if (values.write) writeFileSync(page, withTable(readFileSync(page, 'utf8'), shown));
  return named === shown.length ? 0 : 1;
}

process.exitCode = await main();
