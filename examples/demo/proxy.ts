/** The proxy as a demonstration starts it: by the command line, like any user's, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const readyTimeoutMs = 20_000;
export const repository: string = join(import.meta.dirname, '..', '..');

/** Answers once the proxy says that it takes traffic; `false` when it ends or does not say so in time. */
export async function isReady(proxy: ChildProcess, admin: number): Promise<boolean> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (proxy.exitCode === null && proxy.signalCode === null && performance.now() < deadlineMs) {
    const answer = await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => null);
    if (answer?.ok === true) return true;
    await delay(50);
  }
  return false;
}

/** In a process group of its own, so that Ctrl-C reaches the proxy once, from here. */
export function startProxy(configuration: string): ChildProcess {
  const program = join(repository, 'src', 'main.ts');
  const proxy = spawn(process.execPath, [program, 'run', '-c', configuration], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: process.platform !== 'win32',
  });
  const end = (): void => void proxy.kill('SIGKILL');
  process.on('exit', end);
  proxy.on('exit', () => process.off('exit', end));
  return proxy;
}
