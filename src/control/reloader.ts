/**
 * Reads the configuration again and brings it into force, or keeps the one there is and says why. One at a time; of the
 * requests that come meanwhile the last one counts.
 */
import type { ReloadResult } from '../admin/index.ts';
import { type Clock, formatProblem, MeshlockError, type Problem } from '../base/index.ts';
import type { Config } from '../config/index.ts';
import type { ControlMetrics, Log } from '../telemetry/control.ts';
import type { ConfigSource } from './config-source.ts';
import { LatestQueue } from './latest-queue.ts';
import { effectiveConfig, settingsThatWait } from './restart-settings.ts';
import type { Rollout } from './rollout.ts';
import type { SpanOutput } from './span-output.ts';

export interface ReloaderOptions {
  readonly source: ConfigSource;
  readonly rollout: Rollout;
  readonly spans: SpanOutput;
  /** Told of every configuration that has come into force after the first; none of them rejects. */
  readonly followers: readonly ConfigFollower[];
  readonly metrics: Pick<ControlMetrics, 'reloaded'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Why a reload cannot be done now; `null` when it can. */
  obstacle(): string | null;
}

export interface ConfigFollower {
  configure(config: Config, version: number): Promise<void>;
}

export interface ReloadCounts {
  /** The first configuration included. */
  readonly applied: number;
  readonly refused: number;
}

/** A reload that was refused. */
export interface RefusedReload {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly problems: readonly Problem[];
}

export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #queue = new LatestQueue<ReloadResult>();
  /** What the process was started with. */
  #started: Config | null = null;
  /** Of the last configuration, before what cannot change was held back. */
  #logLevel: Config['log']['level'] | null = null;
  #waiting: readonly string[] = [];
  #applied = 0;
  #refused = 0;
  #lastRefused: RefusedReload | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  get counts(): ReloadCounts {
    return { applied: this.#applied, refused: this.#refused };
  }

  /** Settings that a reload changed and that wait for a restart. */
  get waiting(): readonly string[] {
    return this.#waiting;
  }

  /** The last one, unless a configuration was applied since. */
  get lastRefused(): RefusedReload | null {
    return this.#lastRefused;
  }

  /** Brings the first configuration into force. Rejects when it cannot be. */
  async first(config: Config): Promise<void> {
    const { rollout, spans, metrics, clock } = this.#options;
    this.#started = config;
    this.#logLevel = config.log.level;
    spans.configure(config);
    await rollout.apply(config);
    this.#applied++;
    metrics.reloaded(true, clock.wall());
  }

  reload(): Promise<ReloadResult> {
    return this.#queue.run(() => this.#reload());
  }

  async #reload(): Promise<ReloadResult> {
    const { source, rollout, metrics, clock, log, obstacle } = this.#options;
    const started = this.#started;
    const reason = obstacle();
    if (reason !== null || started === null) {
      return this.#refuse('it cannot be changed now', [
        { path: '', expected: 'a process that serves', got: reason ?? 'one that has not started' },
      ]);
    }
    try {
      const wanted = await source.load();
      await rollout.apply(effectiveConfig(started, wanted));
      this.#applied++;
      this.#lastRefused = null;
      metrics.reloaded(true, clock.wall());
      this.#settle(started, wanted);
    } catch (error) {
      if (!(error instanceof MeshlockError)) throw error;
      const own = { path: '', expected: 'a configuration that can be applied', got: error.message };
      return this.#refuse(error.message, error.problems.length > 0 ? error.problems : [own]);
    }
    const version = this.#version();
    log.info(`configuration ${version} is in force`, { version, origin: source.origin });
    return { applied: true, version, problems: [] };
  }

  /** What is not part of a snapshot. */
  #settle(started: Config, wanted: Config): void {
    const { spans, followers, log } = this.#options;
    spans.configure(wanted);
    for (const follower of followers) void follower.configure(wanted, this.#version());
    // A level set through the admin plane stays until the configuration says another than before.
    if (this.#logLevel !== wanted.log.level) log.setLevel(wanted.log.level);
    this.#logLevel = wanted.log.level;
    this.#waiting = settingsThatWait(started, wanted);
    if (this.#waiting.length === 0) return;
    log.warn(`needs a restart to take effect: ${this.#waiting.join(', ')}`, { settings: this.#waiting });
  }

  #refuse(message: string, problems: readonly Problem[]): ReloadResult {
    const { metrics, clock, log } = this.#options;
    this.#refused++;
    this.#lastRefused = { atMs: clock.wall(), problems };
    metrics.reloaded(false, clock.wall());
    const version = this.#version();
    log.error(`configuration refused, ${version} stays in force: ${message}`, {
      problems: problems.map(formatProblem),
    });
    return { applied: false, version, problems };
  }

  #version(): number {
    return this.#options.rollout.inForce?.version ?? 0;
  }
}
