/** Where the configuration comes from: a file that can be read again, or the command line alone. */
import {
  type Config,
  ConfigWatcher,
  type LogLevel,
  loadConfig,
  type SocketAddress,
} from '../config/index.ts';
import type { Clock } from '../base/index.ts';

export interface ConfigSource {
  /** For people: the file, or such as `command line`. */
  readonly origin: string;
  /** Rejects with a MeshlockError that holds every problem. */
  load(): Promise<Config>;
  /** Calls back when `load` would answer differently. `null`: it never does. */
  readonly watch:
    | ((onChange: () => void, onError: (error: Error) => void) => Promise<{ close(): void }>)
    | null;
}

/** What the command line says over the file, at every load. */
export interface ConfigOverrides {
  readonly adminAddress?: SocketAddress;
  readonly dataThreads?: number | 'auto';
  readonly logLevel?: LogLevel;
}

export function fileSource(path: string, overrides: ConfigOverrides, clock: Clock): ConfigSource {
  return {
    origin: path,
    load: async () => withOverrides(await loadConfig(path), overrides),
    watch: (onChange, onError) => ConfigWatcher.start({ path, onChange, onError, clock }),
  };
}

/** `config` already holds what the command line said. */
export function fixedSource(origin: string, config: Config): ConfigSource {
  return { origin, load: () => Promise.resolve(config), watch: null };
}

export function withOverrides(config: Config, overrides: ConfigOverrides): Config {
  const { adminAddress, dataThreads, logLevel } = overrides;
  return {
    ...config,
    ...(adminAddress !== undefined && { admin: { ...config.admin, address: adminAddress } }),
    ...(dataThreads !== undefined && { dataThreads }),
    ...(logLevel !== undefined && { log: { ...config.log, level: logLevel } }),
  };
}
