/** The life of an aggregator: a process of its own that collects what the nodes of a fleet count and judges releases. */
import { dirname, resolve } from 'node:path';
import type * as HealthDoor from '../../../health/index.ts';
import { type Clock, formatAddress, MeshlockError } from '../../base/index.ts';
import { loadDocument } from '../../config/index.ts';
import { createLog, type Log } from '../../telemetry/control.ts';
import { aggregateConsole } from '../console/aggregate-routes.ts';
import { listenToSignals } from '../signals.ts';

export interface AggregateOptions {
  /** Of its settings; `null`: all defaults. */
  readonly path: string | null;
  /** Where history is read from, over what the settings say; `null`: as they say. */
  readonly history: string | null;
  readonly clock: Clock;
}

type Health = typeof HealthDoor;
type Settings = ReturnType<Health['parseAggregateSettings']>;

/** Runs until a signal ends it, and returns the exit code. Throws a MeshlockError for settings that cannot be. */
export async function launchAggregator({ path, history, clock }: AggregateOptions): Promise<number> {
  const health = await import('../../../health/index.ts');
  const settings = await readSettings(health, { path, history });
  const log = createLog('info', 'text').child('aggregator');
  const aggregator = new health.Aggregator({ settings, clock, log });
  const routes = await aggregateConsole();
  const server = new health.AggregateServer({ aggregator, settings, clock, log, routes });
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

async function readSettings(
  health: Health,
  { path, history }: Pick<AggregateOptions, 'path' | 'history'>,
): Promise<Settings> {
  try {
    const document = path === null ? {} : ((await loadDocument(path)) ?? {});
    const settings = health.parseAggregateSettings(
      history === null ? document : withHistory(document, history),
    );
    return path === null ? settings : besideFile(settings, path);
  } catch (error) {
    if (!(error instanceof health.AggregateSettingsError)) throw error;
    throw new MeshlockError('CONFIG_INVALID', `${path ?? 'the command line'}: ${error.message}`);
  }
}

/** As if the file had said so; a document that is no section is left for the reader of settings to refuse. */
function withHistory(document: unknown, url: string): unknown {
  if (!isSection(document)) return document;
  const { history } = document;
  return { ...document, history: { ...(isSection(history) ? history : {}), url } };
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A relative path is meant from where the file is. */
function besideFile(settings: Settings, path: string): Settings {
  const { journal, history, shards } = settings;
  const beside = (file: string) => (file === '' ? '' : resolve(dirname(path), file));
  const withToken = <T extends { readonly token: { readonly token: string; readonly file: string } }>(
    one: T,
  ): T => ({
    ...one,
    token: { ...one.token, file: beside(one.token.file) },
  });
  return {
    ...settings,
    journal: { ...journal, path: beside(journal.path) },
    history: withToken(history),
    shards: shards.map(withToken),
  };
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
