/**
 * The system's hosts file, which the DNS client of Node does not read: what a person has pinned there must hold here as
 * it does for every other program of the machine.
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** Where it is on this platform. */
function hostsFilePath(): string {
  if (process.platform !== 'win32') return '/etc/hosts';
  return join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts');
}

/** Addresses that `text`, a hosts file, gives for `name`, in order. */
export function addressesInHosts(text: string, name: string): string[] {
  const wanted = name.toLowerCase();
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0 || found.includes(address)) continue;
    if (names.some((one) => one.toLowerCase() === wanted)) found.push(address);
  }
  return found;
}

/** Addresses of `name` in the machine's hosts file; none when there is no readable one. */
export async function lookupInHostsFile(name: string): Promise<string[]> {
  try {
    return addressesInHosts(await readFile(hostsFilePath(), 'utf8'), name);
  } catch {
    return [];
  }
}
