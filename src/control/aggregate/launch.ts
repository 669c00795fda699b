/** The life of an aggregator: a process of its own that collects what the nodes of a fleet count and judges releases. */
import { dirname, resolve } from 'node:path';
import type * as HealthDoor from '../../../health/index.ts';
import { type Clock, formatAddress, MeshlockError } from '../../base/index.ts';
import { loadDocument } from '../../config/index.ts';
import { createLog, type Log } from '../../telemetry/control.ts';
import { listenToSignals } from '../signals.ts';

export interface AggregateOptions {
  /** Of its settings; `null`: all defaults. */
  readonly path: string | null;
  readonly clock: Clock;
}

type Health = typeof HealthDoor;
type Settings = ReturnType<Health['parseAggregateSettings']>;

/** Runs until a signal ends it, and returns the exit code. Throws a MeshlockError for settings that cannot be. */
export async function launchAggregator({ path, clock }: AggregateOptions): Promise<number> {
  const health = await import('../../../health/index.ts');
  const settings = await readSettings(health, path);
  const log = createLog('info', 'text').child('aggregator');
  const aggregator = new health.Aggregator({ settings, clock, log });
  const server = new health.AggregateServer({ aggregator, settings, clock, log });
  await aggregator.open();
  try {
    const address = await listen(server, settings);
    log.info(`the aggregator listens on http://${formatAddress(address)}`);
    await signalled(log);
  } finally {
    await server.close();
    await aggregator.close();
  }
  return 0;
}

async function readSettings(health: Health, path: string | null): Promise<Settings> {
  try {
    const settings = health.parseAggregateSettings(path === null ? {} : await loadDocument(path));
    return path === null ? settings : besideFile(settings, path);
  } catch (error) {
    if (!(error instanceof health.AggregateSettingsError)) throw error;
    throw new MeshlockError('CONFIG_INVALID', `${path}: ${error.message}`);
  }
}

/** A relative path is meant from where the file is. */
function besideFile(settings: Settings, path: string): Settings {
  const { journal } = settings;
  if (journal.path === '') return settings;
  return { ...settings, journal: { ...journal, path: resolve(dirname(path), journal.path) } };
}

async function listen(
  server: InstanceType<Health['AggregateServer']>,
  { listen: { host, port } }: Settings,
): Promise<{ readonly host: string; readonly port: number }> {
  try {
    return await server.listen();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'failed';
    const taken = code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'ADDRESS_UNAVAILABLE';
    throw new MeshlockError(taken, `cannot listen on ${formatAddress({ host, port })}: ${code}`, [], error);
  }
}

function signalled(log: Log): Promise<void> {
  return new Promise((fulfil) => {
    const leave = listenToSignals({
      end: (signal) => {
        log.info(`${signal}: ending`);
        leave();
        fulfil();
      },
      reload: () => log.warn('SIGHUP: an aggregator reads its settings at its start only'),
      reopenLogs: () => log.info('SIGUSR1: an aggregator has no log files'),
    });
  });
}
