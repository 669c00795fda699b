/**
 * One call that watches the program it is in. A helper thread samples, judges and captures, because the main thread
 * cannot look at itself while it is stuck; this side answers for it.
 */
import { basename } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';
import { installAgent, removeAgent } from '../agent/agent.ts';
import type { CaptureFormat, CaptureRecord } from '../capture/capture.ts';
import type { HolmesLog } from '../log.ts';
import type { Comparison } from '../monitor/comparison.ts';
import type { CaptureRequest, MonitorFigures, MonitorView, SubjectView } from '../monitor/view.ts';
import type { RingView } from '../reading.ts';
import type { Decision } from '../rule/decision.ts';
import { defaultSettings, type Settings, type SettingsChange } from '../settings.ts';
import { applyChange } from '../settings-change.ts';
import { defaultDirectory } from './default-directory.ts';
import { fromPlain } from './errors.ts';
import type { FromHelper, HelperData, Method, ToHelper } from './messages.ts';

export interface WatchOptions {
  /** For captures; default: the program's script name. */
  readonly name?: string;
  readonly version?: string;
  /** Which configuration is in force, if that matters to who reads a capture. */
  readonly configuration?: string;
  /** Where captures lie; default: `holmes/<name>` in the user's state folder. Made when missing. */
  readonly directory?: string;
  /** What differs from `defaultSettings`. */
  readonly settings?: SettingsChange;
  /** Default: one line with the sentence on stderr. */
  readonly onCapture?: (record: CaptureRecord) => void;
  /** Default: warnings on stderr. */
  readonly log?: HolmesLog;
}

let current: Watch | null = null;

/**
 * Begins to watch this program. Call it once, on the main thread, as early as possible: the recorder cannot tell what was
 * before it. Throws a `SettingsError` for settings that cannot be, and an Error off the main thread or when it is watched
 * already. A program that ends is not kept alive.
 */
export function watch(options: WatchOptions = {}): Watch {
  if (!isMainThread)
    throw new Error('watch() watches the main thread and is to be called there; for a worker, use Monitor');
  if (current !== null) throw new Error('this program is watched already; close() the first watch before');
  current = new Watch(options, () => {
    current = null;
  });
  return current;
}

/** A running watch. Its questions are answered by the helper thread, so also while other code keeps this thread busy. */
export class Watch {
  readonly directory: string;
  readonly #worker: Worker;
  readonly #onCapture: (record: CaptureRecord) => void;
  readonly #log: HolmesLog;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #began: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #gone: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #onGone: () => void;
  #nextId = 1;
  #isStarting = true;
  #isClosed = false;

  constructor(options: WatchOptions, onGone: () => void) {
    const name = options.name ?? basename(process.argv[1] ?? 'program');
    const settings = applyChange(defaultSettings, options.settings ?? {});
    this.directory = options.directory ?? defaultDirectory(name);
    this.#log = options.log ?? stderrLog;
    this.#onCapture = options.onCapture ?? ((record) => announce(record));
    this.#onGone = onGone;
    // Who does not ask is told by the log.
    this.#began.promise.catch(() => {});
    const data: HelperData = {
      joined: installAgent('main'),
      settings,
      directory: this.directory,
      program: { name, version: options.version ?? '', configuration: options.configuration ?? '' },
    };
    this.#worker = new Worker(new URL('./helper.ts', import.meta.url), {
      name: 'holmes',
      workerData: data,
      // What the program was started with, such as modules to load first, is not meant for the helper.
      execArgv: [],
    });
    this.#worker.on('message', (message: FromHelper) => this.#receive(message));
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.on('exit', () => this.#end());
    this.#worker.unref();
  }

  /** Fulfilled when the monitor runs; rejects with why it does not. Who asks keeps the program alive until then. */
  get ready(): Promise<void> {
    if (this.#isStarting) this.#worker.ref();
    return this.#began.promise;
  }

  subjects(): Promise<readonly SubjectView[]> {
    return this.#call('subjects');
  }

  rings(): Promise<readonly RingView[]> {
    return this.#call('rings');
  }

  /** Averages and limits of the newest readings, of every reading that a rule watches. */
  comparisons(): Promise<readonly Comparison[]> {
    return this.#call('comparisons');
  }

  decisions(...args: Parameters<MonitorView['decisions']>): Promise<readonly Decision[]> {
    return this.#call('decisions', ...args);
  }

  settings(): Promise<Settings> {
    return this.#call('settings');
  }

  /** Rejects with a `SettingsError` that names every problem; then nothing has changed. */
  configure(change: SettingsChange): Promise<Settings> {
    return this.#call('configure', change);
  }

  /** `{ subject: 'main', kind: 'cpu', seconds: 5 }`. Rejects with a `CaptureRefused`. */
  capture(request: CaptureRequest): Promise<CaptureRecord> {
    return this.#call('capture', request);
  }

  list(): Promise<readonly CaptureRecord[]> {
    return this.#call('list');
  }

  get(id: string): Promise<CaptureRecord | null> {
    return this.#call('get', id);
  }

  read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    return this.#call('read', id, format);
  }

  delete(id: string): Promise<boolean> {
    return this.#call('delete', id);
  }

  figures(): Promise<MonitorFigures> {
    return this.#call('figures');
  }

  /** Stops watching and takes everything out of the program again. Captures that are being taken get a second. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#worker.ref();
      this.#post({ kind: 'close' });
    }
    await this.#gone.promise;
  }

  #call<T>(method: Method, ...args: readonly unknown[]): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error('the watch is closed'));
    const call = Promise.withResolvers<unknown>();
    const id = this.#nextId++;
    this.#calls.set(id, call);
    // Whoever asks waits for the answer.
    this.#worker.ref();
    this.#post({ kind: 'call', id, method, args });
    return call.promise as Promise<T>;
  }

  #post(message: ToHelper): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromHelper): void {
    switch (message.kind) {
      case 'ready':
        this.#isStarting = false;
        if (this.#calls.size === 0) this.#worker.unref();
        this.#began.resolve();
        break;
      case 'answer':
        this.#settle(message.id)?.resolve(message.value);
        break;
      case 'refusal':
        this.#settle(message.id)?.reject(fromPlain(message.error));
        break;
      case 'capture':
        this.#onCapture(message.record);
        break;
      case 'log':
        this.#log[message.level](message.message, message.fields);
        break;
      case 'closed':
        void this.#worker.terminate();
        break;
    }
  }

  #settle(id: number): PromiseWithResolvers<unknown> | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0 && !this.#isClosed && !this.#isStarting) this.#worker.unref();
    return call;
  }

  #fail(error: Error): void {
    this.#log.warn(`this program is not watched any more: ${error.message}`, { error: error.stack });
    this.#began.reject(error);
  }

  #end(): void {
    this.#isClosed = true;
    const error = new Error('the watch has ended');
    this.#began.reject(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    removeAgent();
    this.#onGone();
    this.#gone.resolve();
  }
}

const stderrLog: HolmesLog = {
  info() {},
  warn: (message) => void process.stderr.write(`holmes: ${message}\n`),
};

function announce({ id, diagnosis }: CaptureRecord): void {
  process.stderr.write(`holmes: ${diagnosis.sentence} (capture ${id})\n`);
}
