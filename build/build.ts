/**
 * `npm run build`: `src`, `holmes` and `health` become `dist`, JavaScript and declarations. Builds beside the old
 * `dist` and swaps at the end, so a build that fails leaves the last good one, and a file that was deleted is gone.
 */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { emitDeclarations, emitJavaScript } from './emit.ts';
import { executableOf, repositoryRoot } from './executable.ts';

const sourceFolders = ['src', 'holmes', 'health'];

/** Modules that a shell starts. */
const executables = ['src/main.js'];

export interface BuildResult {
  readonly modules: number;
  readonly declarations: number;
  /** Files that are neither TypeScript nor notes, copied as they are. */
  readonly assets: number;
}

/** Builds into `destination`, which must not exist. */
export async function build(destination: string): Promise<BuildResult> {
  await mkdir(destination, { recursive: true });
  await compileDeclarations(destination);
  const declarations = await rewriteDeclarations(destination);
  let modules = 0;
  let assets = 0;
  for (const path of await filesBelow(sourceFolders)) {
    if (path.endsWith('.md')) continue;
    const target = join(destination, path.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    if (path.endsWith('.ts')) {
      await writeFile(target, emitJavaScript(path, await readFile(join(repositoryRoot, path), 'utf8')));
      modules++;
    } else {
      await cp(join(repositoryRoot, path), target);
      assets++;
    }
  }
  if (modules === 0 || declarations !== modules)
    throw new Error(`built ${modules} modules with ${declarations} declarations: expected as many, and some`);
  for (const path of executables) await chmod(join(destination, path), 0o755);
  return { modules, declarations, assets };
}

async function compileDeclarations(destination: string): Promise<void> {
  const compiler = executableOf('typescript', 'tsc');
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', destination];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot });
  } catch (cause) {
    const output = (cause as { readonly stdout?: string }).stdout ?? '';
    throw new Error(`the types do not check:\n${output}`, { cause });
  }
}

async function rewriteDeclarations(destination: string): Promise<number> {
  const paths = (await readdir(destination, { recursive: true })).filter((path) => path.endsWith('.d.ts'));
  for (const path of paths) {
    const file = join(destination, path);
    await writeFile(file, emitDeclarations(path, await readFile(file, 'utf8')));
  }
  return paths.length;
}

async function filesBelow(folders: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(repositoryRoot, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries)
      if (entry.isFile()) paths.push(join(entry.parentPath, entry.name).slice(repositoryRoot.length + 1));
  }
  return paths.sort();
}

if (import.meta.main) {
  const startedMs = performance.now();
  const scratch = join(repositoryRoot, '.tmp', `dist-${process.pid}`);
  const dist = join(repositoryRoot, 'dist');
  try {
    const { modules, declarations, assets } = await build(scratch);
    await rm(dist, { recursive: true, force: true });
    await rename(scratch, dist);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`built ${modules} modules, ${declarations} declarations, ${assets} assets in ${seconds} s`);
  } catch (error) {
    console.error(`build failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
