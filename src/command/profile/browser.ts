/** Opens an address in the browser of the person at this machine, if there is one. The address never meets a shell. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

type Environment = Readonly<Record<string, string | undefined>>;

/** The program that opens addresses here, and what stands before the address; `null`: there is no display. */
export function openerOf(platform: string, environment: Environment): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open'];
  // `start` is a word of the shell; this is what it calls.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const hasDisplay = Boolean(environment['DISPLAY']) || Boolean(environment['WAYLAND_DISPLAY']);
  return hasDisplay ? ['xdg-open'] : null;
}

/** False when there is nothing that could open it. */
export async function openInBrowser(url: string): Promise<boolean> {
  const opener = openerOf(process.platform, process.env);
  if (opener === null) return false;
  const [program, ...before] = opener;
  const child = spawn(program, [...before, url], { stdio: 'ignore', detached: true });
  try {
    // Rejects when there is no such program.
    await once(child, 'spawn');
  } catch {
    return false;
  }
  child.unref();
  return true;
}
