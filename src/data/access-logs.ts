/** The access logs of one data thread: one batch per file, shared by the listeners that write to it. */
import type { AccessLogConfig } from '../config/index.ts';
import { AccessLog } from '../proxy/index.ts';
import { AccessLogBatch, type CounterStore, compileAccessLog, HeaderCapture } from '../telemetry/index.ts';

export class AccessLogs {
  readonly #counters: CounterStore;
  readonly #deliver: (path: string, lines: Uint8Array<ArrayBuffer>) => void;
  readonly #byPath = new Map<string, AccessLogBatch>();

  constructor(counters: CounterStore, deliver: (path: string, lines: Uint8Array<ArrayBuffer>) => void) {
    this.#counters = counters;
    this.#deliver = deliver;
  }

  /** What a listener with these logs writes to; `null` without any. */
  open(configs: readonly AccessLogConfig[]): AccessLog | null {
    if (configs.length === 0) return null;
    const capture = new HeaderCapture();
    const targets = configs.map((config) => ({
      formatter: compileAccessLog(config.format, { capture }),
      batch: this.#batchOf(config.path),
    }));
    return new AccessLog(targets, capture);
  }

  /** Hands over what has been collected; call about once a second. */
  flush(): void {
    for (const batch of this.#byPath.values()) batch.flush();
  }

  acknowledge(path: string, bytes: number): void {
    this.#byPath.get(path)?.acknowledge(bytes);
  }

  #batchOf(path: string): AccessLogBatch {
    let batch = this.#byPath.get(path);
    if (batch === undefined) {
      batch = new AccessLogBatch({
        counters: this.#counters,
        deliver: (lines) => this.#deliver(path, lines),
      });
      this.#byPath.set(path, batch);
    }
    return batch;
  }
}
