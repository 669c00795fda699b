/** Where the repository is, and where a development tool's program is: run by this Node, whatever the shell's is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repositoryRoot: string = join(import.meta.dirname, '..');

/** The JavaScript file behind `name` of an installed package. */
export function executableOf(packageName: string, name: string): string {
  const folder = join(repositoryRoot, 'node_modules', packageName);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const path = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[name];
  if (path === undefined) throw new Error(`package ${packageName} has no program ${name}`);
  return join(folder, path);
}
