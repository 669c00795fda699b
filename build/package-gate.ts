/**
 * The package as a user will get it: built, packed, and looked at by publint (does every entry point lead to a file of
 * the right kind?) and attw (do the types that an importer finds belong to the code that it gets?).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { executableOf, repositoryRoot } from './executable.ts';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface TypesReport {
  readonly analysis: { readonly entrypoints?: Readonly<Record<string, unknown>> };
}

const run = promisify(execFile);
const temporary = join(repositoryRoot, '.tmp');

/** Packs what is in the working tree into `folder`. */
async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: repositoryRoot });
  const [packed] = JSON.parse(stdout) as readonly Packed[];
  if (packed === undefined) throw new Error(`npm pack answered: ${stdout}`);
  return packed;
}

/** Runs a checker and answers what it printed; throws it when the checker is not content. */
async function tool(packageName: string, name: string, args: readonly string[]): Promise<string> {
  try {
    const program = executableOf(packageName, name);
    return (await run(process.execPath, [program, ...args], { cwd: repositoryRoot })).stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${name} found:\n${stdout}${stderr}`, { cause });
  }
}

async function examine(folder: string): Promise<string> {
  const { filename, files } = await pack(folder);
  const tarball = join(folder, filename);
  for (const needed of ['LICENSE', 'README.md', 'dist/src/main.js'])
    if (!files.some(({ path }) => path === needed)) throw new Error(`the package has no ${needed}`);
  await tool('publint', 'publint', ['run', tarball, '--strict']);
  const attw = ['--profile', 'esm-only', '--no-color', tarball];
  await tool('@arethetypeswrong/cli', 'attw', attw);
  const report = JSON.parse(
    await tool('@arethetypeswrong/cli', 'attw', [...attw, '-f', 'json']),
  ) as TypesReport;
  const entryPoints = Object.keys(report.analysis.entrypoints ?? {}).length;
  if (files.length === 0 || entryPoints === 0) throw new Error('the package is empty');
  return `package: examined ${files.length} files, ${entryPoints} entry points`;
}

await mkdir(temporary, { recursive: true });
const folder = await mkdtemp(join(temporary, 'package-'));
try {
  console.log(await examine(folder));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
