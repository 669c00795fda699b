/** Files that the program writes, as lines. */
import { readFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';

/** Complete lines; none while the file is not there. */
export async function linesOf(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Its lines once there are so many. Lines leave a data thread once a second. */
export function linesReach(path: string, count: number): Promise<string[]> {
  let seen: string[] = [];
  return eventually(
    async () => {
      seen = await linesOf(path);
      return seen.length >= count ? seen : undefined;
    },
    () => `${count} lines in ${path}, got ${seen.length}`,
  );
}
