/** Where the data threads' spans go: an exporter while the configuration names a receiver, else nowhere. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Random } from '../base/index.ts';
import type { Config, NodeIdentity } from '../config/index.ts';
import { type ControlMetrics, type Log, SpanExporter, type SpanFigures } from '../telemetry/control.ts';
import type { SpanRecord } from '../telemetry/index.ts';

export interface SpanOutputOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Pick<ControlMetrics, 'setSpans'>;
}

/** How long the last spans may take when an exporter ends. */
const shutdownMs = 2000;

export class SpanOutput {
  readonly #options: SpanOutputOptions;
  #exporter: SpanExporter | null = null;
  #made: { readonly endpoint: string; readonly node: NodeIdentity } | null = null;

  constructor(options: SpanOutputOptions) {
    this.#options = options;
  }

  /** An exporter that is replaced sends in the background what it has. */
  configure({ tracing, node }: Config): void {
    const made = tracing.otlpEndpoint === null ? null : { endpoint: tracing.otlpEndpoint, node };
    if (isDeepStrictEqual(made, this.#made)) return;
    void this.#exporter?.shutdown(shutdownMs);
    this.#made = made;
    const { clock, random, log, metrics } = this.#options;
    this.#exporter = made === null ? null : new SpanExporter({ ...made, clock, random, log });
    metrics.setSpans(this.#exporter);
  }

  /** `null` while nothing is exported. */
  get figures(): (SpanFigures & { readonly endpoint: string }) | null {
    const exporter = this.#exporter;
    if (exporter === null || this.#made === null) return null;
    const { exported, droppedQueueFull, droppedRejected, droppedShutdown } = exporter;
    const { endpoint } = this.#made;
    return { endpoint, exported, droppedQueueFull, droppedRejected, droppedShutdown };
  }

  accept(spans: readonly SpanRecord[]): void {
    this.#exporter?.accept(spans);
  }

  async close(): Promise<void> {
    await this.#exporter?.shutdown(shutdownMs);
  }
}
