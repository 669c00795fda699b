/**
 * Where captures lie unless the configuration says: with the user's other state. A profile tells about a program and
 * those who use it, so a folder that others may write to or could have made is never taken.
 */
import { access, constants, lstat, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface DirectoryOptions {
  /** As the configuration has it; `null`: the best there is. */
  readonly configured: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that all users share. */
  readonly temporary?: string;
}

/**
 * A configured folder is taken as it is, also when it cannot be written: the store then says so and keeps captures in
 * memory, which is better than putting them where nobody looks. Rejects when not even a temporary folder can be had.
 */
export async function captureDirectory(options: DirectoryOptions): Promise<string> {
  const { configured, environment, temporary = tmpdir() } = options;
  if (configured !== null) return configured;
  const state = stateFolder(environment);
  if (state !== null && (await isOurs(join(state, 'meshlock', 'captures')))) {
    return join(state, 'meshlock', 'captures');
  }
  const shared = join(temporary, `meshlock-${process.getuid?.() ?? 'user'}`);
  const folder = (await isOurs(shared)) ? shared : await mkdtemp(join(temporary, 'meshlock-'));
  return join(folder, 'captures');
}

/** `null`: this user has none. A relative path in XDG_STATE_HOME does not count (XDG Base Directory Specification). */
function stateFolder(environment: DirectoryOptions['environment']): string | null {
  const { XDG_STATE_HOME, LOCALAPPDATA, HOME } = environment;
  if (XDG_STATE_HOME !== undefined && isAbsolute(XDG_STATE_HOME)) return XDG_STATE_HOME;
  if (LOCALAPPDATA) return LOCALAPPDATA;
  return HOME ? join(HOME, '.local', 'state') : null;
}

/** Makes it if need be. True for a folder, no link, of this user, that this user and nobody else can write to. */
async function isOurs(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await lstat(folder);
    const uid = process.getuid?.();
    if (!found.isDirectory() || (uid !== undefined && (found.uid !== uid || (found.mode & 0o022) !== 0)))
      return false;
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
