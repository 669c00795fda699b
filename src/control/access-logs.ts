/** The access-log files of all listeners: one writer per path, however many listeners and threads write to it. */
import type { Clock, Timer } from '../base/index.ts';
import type { ListenerConfig } from '../config/index.ts';
import { AccessLogWriter, type ControlMetrics, type Log } from '../telemetry/control.ts';

export interface AccessLogsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<ControlMetrics, 'addWriter' | 'removeWriter'>;
}

/** How long the last lines may take when a writer ends. */
const closeMs = 2000;
/** Data threads cut what is left of a listener, and hand over its lines, in looks that are a second apart. */
const lateLinesMs = 3000;

export class AccessLogs {
  readonly #options: AccessLogsOptions;
  readonly #writers = new Map<string, AccessLogWriter>();
  /** No listener names these any more, but exchanges that began before may still write to them. */
  readonly #leaving = new Map<string, Timer>();

  constructor(options: AccessLogsOptions) {
    this.#options = options;
  }

  /** Opens a writer for each path; call it before the listeners write. */
  open(listeners: readonly ListenerConfig[]): void {
    const { clock, log, metrics } = this.#options;
    for (const path of pathsOf(listeners)) {
      this.#leaving.get(path)?.cancel();
      this.#leaving.delete(path);
      if (this.#writers.has(path)) continue;
      const writer = new AccessLogWriter({ path, clock, log });
      this.#writers.set(path, writer);
      metrics.addWriter(writer);
    }
  }

  /** Ends the writers of all other paths `afterMs` from now, when no exchange uses them any more. */
  retain(listeners: readonly ListenerConfig[], afterMs: number): void {
    const wanted = pathsOf(listeners);
    for (const path of this.#writers.keys()) {
      if (wanted.has(path) || this.#leaving.has(path)) continue;
      this.#leaving.set(
        path,
        this.#options.clock.after(afterMs + lateLinesMs, () => void this.#end(path)),
      );
    }
  }

  /** `done`: the bytes were written or dropped. Lines for a path that has no writer are dropped. */
  write(path: string, lines: Uint8Array, done: () => void): void {
    const writer = this.#writers.get(path);
    if (writer === undefined) done();
    else writer.write(lines, done);
  }

  /** What has become of the lines of each file. */
  figures(): readonly Pick<AccessLogWriter, 'path' | 'droppedLines' | 'failures'>[] {
    return [...this.#writers.values()];
  }

  /** After a log rotation has renamed the files. */
  async reopen(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.reopen()));
  }

  async close(): Promise<void> {
    for (const timer of this.#leaving.values()) timer.cancel();
    this.#leaving.clear();
    await Promise.all([...this.#writers.keys()].map((path) => this.#end(path)));
  }

  async #end(path: string): Promise<void> {
    this.#leaving.delete(path);
    const writer = this.#writers.get(path);
    if (writer === undefined) return;
    this.#writers.delete(path);
    await writer.close(closeMs);
    this.#options.metrics.removeWriter(writer);
  }
}

function pathsOf(listeners: readonly ListenerConfig[]): ReadonlySet<string> {
  return new Set(listeners.flatMap(({ accessLogs }) => accessLogs.map(({ path }) => path)));
}
