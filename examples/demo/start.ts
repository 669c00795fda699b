/**
 * `npm start`: the proxy with its admin plane in front of an application, and what to open. The application lives in
 * this process and the proxy in its own, started by the command line like any user's.
 */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { applicationPaths, createApplication } from './application.ts';
import { demoConfiguration } from './configuration.ts';
import { freePort, listen } from './listening.ts';
import { isReady, readyTimeoutMs, repository, startProxy } from './proxy.ts';

const wantedListenerPort = 8080;
const wantedAdminPort = 9901;
function announce(listener: number, admin: number, configuration: string): void {
  const moved = (name: string, port: number, wanted: number): string =>
    port === wanted ? '' : ` (${name} port ${wanted} is taken)`;
  const base = `http://127.0.0.1:${listener}`;
  console.log(`
Meshlock is running in front of a demo application with two instances.

  open    ${base}/${moved('usual', listener, wantedListenerPort)}
  console http://127.0.0.1:${admin}/console${moved('usual', admin, wantedAdminPort)}
  admin   http://127.0.0.1:${admin}/help
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => proxy.kill('SIGTERM'));
  process.on('SIGHUP', () => proxy.kill('SIGHUP'));
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
