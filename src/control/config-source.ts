/** Where the configuration comes from: a file that can be read again, or the command line alone. */
import type { Clock } from '../base/index.ts';
import {
  type Config,
  ConfigWatcher,
  type LogLevel,
  loadConfig,
  type SocketAddress,
} from '../config/index.ts';

export interface ConfigSource {
  /** For people: the file, or such as `command line`. */
  readonly origin: string;
  /** Rejects with a MeshlockError that holds every problem. */
  load(): Promise<Config>;
  /** From now on changes are reported, also one that came before. */
  subscribe(subscriber: ConfigSubscriber): void;
  close(): void;
}

export interface ConfigSubscriber {
  /** `load` may answer differently now. */
  changed(): void;
  /** Changes are noticed later than usual. */
  unwatched(error: Error): void;
}

/** What the command line says over the file, at every load. */
export interface ConfigOverrides {
  /** `null`: no admin plane. */
  readonly adminAddress?: SocketAddress | null;
  readonly dataThreads?: number | 'auto';
  readonly logLevel?: LogLevel;
}

/** A file, watched from before it is first read, so that no change is missed. */
export class FileSource implements ConfigSource {
  readonly origin: string;
  readonly #overrides: ConfigOverrides;
  #watcher: ConfigWatcher | null = null;
  #subscriber: ConfigSubscriber | null = null;
  #hasChanged = false;
  #error: Error | null = null;

  static async open(path: string, overrides: ConfigOverrides, clock: Clock): Promise<FileSource> {
    const source = new FileSource(path, overrides);
    source.#watcher = await ConfigWatcher.start({
      path,
      clock,
      onChange: () => source.#changed(),
      onError: (error) => source.#failed(error),
    });
    return source;
  }

  private constructor(path: string, overrides: ConfigOverrides) {
    this.origin = path;
    this.#overrides = overrides;
  }

  async load(): Promise<Config> {
    return withOverrides(await loadConfig(this.origin), this.#overrides);
  }

  subscribe(subscriber: ConfigSubscriber): void {
    this.#subscriber = subscriber;
    if (this.#error !== null) subscriber.unwatched(this.#error);
    if (this.#hasChanged) subscriber.changed();
  }

  close(): void {
    this.#watcher?.close();
    this.#subscriber = null;
  }

  #changed(): void {
    this.#hasChanged = true;
    this.#subscriber?.changed();
  }

  #failed(error: Error): void {
    this.#error = error;
    this.#subscriber?.unwatched(error);
  }
}

/** `config` is all there is; it never changes. */
export function fixedSource(origin: string, config: Config): ConfigSource {
  return { origin, load: () => Promise.resolve(config), subscribe: () => {}, close: () => {} };
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
