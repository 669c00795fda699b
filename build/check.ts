/**
 * `npm run check`: every gate of the repository but the tests, in one table at the end. `npm run check -- lint types`
 * runs some of them. A gate that examined nothing has failed: it would pass over anything.
 */
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { repositoryRoot } from './executable.ts';

interface Gate {
  readonly name: string;
  readonly command: string;
  /** What the output says about how much was looked at. */
  readonly examined: (output: string) => readonly Amount[];
}

interface Amount {
  readonly count: number;
  readonly what: string;
}

interface Outcome {
  readonly ok: boolean;
  readonly line: string;
}

const gates: readonly Gate[] = [
  {
    name: 'format',
    command: 'biome format',
    examined: (output) => [amount(output, /Checked (\d+) files?/, 'files')],
  },
  {
    name: 'lint',
    command: 'oxlint --type-aware --deny-warnings --report-unused-disable-directives',
    examined: (output) => [
      amount(output, /on (\d+) files?/, 'files'),
      amount(output, /with (\d+) rules/, 'rules'),
    ],
  },
  {
    name: 'types',
    command: 'tsc -p . --pretty false --listFiles',
    examined: (output) => [{ count: output.split('\n').filter(isOwnFile).length, what: 'files' }],
  },
  {
    name: 'architecture',
    command: 'vitest run test/architecture.test.ts',
    examined: (output) => [
      amount(output, /examined (\d+) files/, 'files'),
      amount(output, /(\d+) references/, 'references'),
    ],
  },
  {
    name: 'unused',
    command: 'knip --reporter symbols --reporter ./build/knip-reporter.ts',
    examined: (output) => [amount(output, /knip examined (\d+) files/, 'files')],
  },
  {
    name: 'package',
    command: 'npm run --silent build && node build/package-gate.ts',
    examined: (output) => [
      amount(output, /examined (\d+) files/, 'files'),
      amount(output, /(\d+) entry points/, 'entry points'),
    ],
  },
];

function amount(output: string, pattern: RegExp, what: string): Amount {
  return { count: Number(pattern.exec(output)?.[1] ?? 0), what };
}

/** Lines of `tsc --listFiles` that are the repository's own. */
function isOwnFile(line: string): boolean {
  return line.startsWith(repositoryRoot) && !line.includes('node_modules');
}

function isListedFile(line: string): boolean {
  return line.startsWith('/') && /\.[cm]?ts$/.test(line);
}

/** The tools and Node of this repository come first, also when the shell that started this knows others. */
function environment(): NodeJS.ProcessEnv {
  const path = `${join(repositoryRoot, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  return { ...process.env, PATH: path, NO_COLOR: '1' };
}

function runGate({ name, command, examined }: Gate): Outcome {
  const startedMs = performance.now();
  const options = {
    cwd: repositoryRoot,
    shell: true,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: environment(),
  } as const;
  const { status, stdout, stderr } = spawnSync(command, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = stripVTControlCharacters(`${stdout}${stderr}`);
  const amounts = examined(output);
  const ok = status === 0 && amounts.every(({ count }) => count > 0);
  if (!ok) {
    const shown = output.split('\n').filter((line) => !isListedFile(line));
    console.log(`--- ${name}: ${command}\n${shown.join('\n').trim()}\n`);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const looked = amounts.map(({ count, what }) => `${count} ${what}`).join(', ');
  return { ok, line: `${ok ? 'pass' : 'FAIL'}  ${name.padEnd(13)} examined ${looked} in ${seconds} s` };
}

function main(names: readonly string[]): void {
  const unknown = names.filter((name) => !gates.some((gate) => gate.name === name));
  if (unknown.length > 0) {
    console.error(`no gate ${unknown.join(', ')}: there are ${gates.map(({ name }) => name).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const outcomes = gates.filter(({ name }) => names.length === 0 || names.includes(name)).map(runGate);
  for (const { line } of outcomes) console.log(line);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  console.log(`gates: ${outcomes.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main(process.argv.slice(2));
