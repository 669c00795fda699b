/** Where a program's captures go unless it says: a folder of its user's own, because profiles tell about a program. */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export function defaultDirectory(
  program: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const name = program.replaceAll(/[^\w.-]+/g, '_') || 'program';
  const { XDG_STATE_HOME } = environment;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, 'holmes', name);
  const home = homeOrEmpty();
  if (home !== '') return join(home, '.local', 'state', 'holmes', name);
  return join(tmpdir(), `holmes-${userId()}`, name);
}

/** Containers run as users that have no entry and no home. */
function homeOrEmpty(): string {
  try {
    const home = homedir();
    return home === '/' ? '' : home;
  } catch {
    return '';
  }
}

function userId(): number {
  try {
    return userInfo().uid;
  } catch {
    return process.getuid?.() ?? 0;
  }
}
