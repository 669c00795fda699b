/**
 * `npm start`: the proxy with its admin plane in front of an application, and what to open. The application lives in
 * this process and the proxy in its own, started by the command line like any user's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { applicationPaths, createApplication } from './application.ts';
import { demoConfiguration } from './configuration.ts';
import { freePort, listen } from './listening.ts';

const wantedListenerPort = 8080;
const wantedAdminPort = 9901;
const readyTimeoutMs = 20_000;
const repository = join(import.meta.dirname, '..', '..');

/** Answers once the proxy says that it takes traffic; `false` when it ends or does not say so in time. */
async function isReady(proxy: ChildProcess, admin: number): Promise<boolean> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (proxy.exitCode === null && proxy.signalCode === null && performance.now() < deadlineMs) {
    const answer = await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => null);
    if (answer?.ok === true) return true;
    await delay(50);
  }
  return false;
}

/** In a process group of its own, so that Ctrl-C reaches the proxy once, from here. */
function startProxy(configuration: string): ChildProcess {
  const program = join(repository, 'src', 'main.ts');
  const proxy = spawn(process.execPath, [program, 'run', '-c', configuration], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: process.platform !== 'win32',
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => proxy.kill('SIGTERM'));
  process.on('SIGHUP', () => proxy.kill('SIGHUP'));
  process.on('exit', () => proxy.kill('SIGKILL'));
  return proxy;
}

function announce(listener: number, admin: number, configuration: string): void {
  const moved = (name: string, port: number, wanted: number): string =>
    port === wanted ? '' : ` (${name} port ${wanted} is taken)`;
  const base = `http://127.0.0.1:${listener}`;
  console.log(`
Meshlock is running in front of a demo application with two instances.

  open    ${base}/${moved('usual', listener, wantedListenerPort)}
  admin   http://127.0.0.1:${admin}/${moved('usual', admin, wantedAdminPort)}
  metrics http://127.0.0.1:${admin}/metrics
  edit    ${relative(process.cwd(), configuration)}: changes are taken up while it runs

${applicationPaths.map(({ path, says }) => `  curl '${base}${path}'`.padEnd(48) + says).join('\n')}

Ctrl-C lets running requests finish and stops.
`);
}

async function main(): Promise<number> {
  const applications = ['a', 'b'].map((name) => createApplication(name));
  const instances = await Promise.all(applications.map((application) => listen(application)));
  const listener = await freePort(wantedListenerPort);
  const admin = await freePort(wantedAdminPort);
  const folder = join(repository, '.tmp', `demo-${listener}`);
  const configuration = join(folder, 'meshlock.yaml');
  await mkdir(folder, { recursive: true });
  await writeFile(configuration, demoConfiguration({ listener, admin, instances }));

  const proxy = startProxy(configuration);
  const ended = once(proxy, 'exit') as Promise<[code: number | null]>;
  if (await isReady(proxy, admin)) announce(listener, admin, configuration);
  else if (proxy.exitCode === null) console.error(`the proxy is not ready after ${readyTimeoutMs / 1000} s`);
  const [code] = await ended;
  for (const application of applications) {
    application.close();
    application.closeAllConnections();
  }
  return code ?? 1;
}

process.exitCode = await main();
