/** External programs the harness needs: where they are and what they print. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Full path of a program, or `null`. `/usr/sbin` is looked at even where a user's path leaves it out. */
export function findTool(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Everything a short-lived program printed on both streams; throws when it cannot start. */
export function toolOutput(name: string, args: readonly string[]): string {
  const path = findTool(name);
  if (path === null) throw new Error(`${name} is not installed`);
  const run = spawnSync(path, args, { encoding: 'utf8', timeout: 10_000 });
  if (run.error !== undefined) throw new Error(`${name} could not run: ${run.error.message}`);
  return `${run.stdout}${run.stderr}`;
}

/** Like `toolOutput`, and throws when the program fails. */
export function runTool(name: string, args: readonly string[]): void {
  const path = findTool(name);
  if (path === null) throw new Error(`${name} is not installed`);
  const run = spawnSync(path, args, { encoding: 'utf8', timeout: 10_000 });
  if (run.status !== 0)
    throw new Error(`${name} ${args.join(' ')} failed: ${run.stderr || String(run.error)}`);
}
