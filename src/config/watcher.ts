/**
 * Tells when the content of a configuration file has changed. It watches directories, not the file: editors replace a
 * file by renaming another onto it, and Kubernetes swaps a `..data` link beside it; a watch on the file itself would
 * stay with the old one. What counts is the content, so that touching the file does nothing.
 */
import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Clock, systemClock, type Timer } from '../base/index.ts';
import { maxFileBytes } from './document.ts';
import { readBounded } from './load.ts';

export interface ConfigWatcherOptions {
  readonly path: string;
  /** The content is another than when it was last looked at. */
  readonly onChange: () => void;
  /** It was looked at and is the same. */
  readonly onUnchanged?: () => void;
  /** Watching directories does not work here (such as no inotify watches left): changes are seen at the next poll. */
  readonly onError?: (error: Error) => void;
  readonly clock?: Clock;
  /** Changes within this time are one: a save is several events. */
  readonly debounceMs?: number;
  /** For what no event tells: network file systems, a directory that was itself replaced. */
  readonly pollMs?: number;
}

const debounceDefaultMs = 100;
/** A directory in which something changes all the time is looked at all the same, after this many quiet times. */
const longestDebounce = 10;
const pollDefaultMs = 30_000;
/** While the file is missing (between an editor's unlink and its rename) the last content counts. */
const missing = '';

export class ConfigWatcher {
  readonly #path: string;
  readonly #options: ConfigWatcherOptions;
  readonly #clock: Clock;
  /** By directory. */
  readonly #watches = new Map<string, FSWatcher>();
  readonly #poll: Timer;
  #debounce: Timer | null = null;
  /** When the first event since the last look came; `Clock.now`. */
  #firstEventAt: number | null = null;
  #hash: string;
  #looking = false;
  #lookAgain = false;
  #closed = false;
  /** By directory: told once, until watching works there again. */
  readonly #unwatched = new Set<string>();

  /**
   * Resolves once the present content is known and changes to it are seen. Start it before the file is loaded: then a
   * change in between leads to one reload too many rather than one too few.
   */
  static async start(options: ConfigWatcherOptions): Promise<ConfigWatcher> {
    const watcher = new ConfigWatcher(options);
    await watcher.#rewatch();
    watcher.#hash = await hashOf(watcher.#path);
    return watcher;
  }

  private constructor(options: ConfigWatcherOptions) {
    this.#path = resolve(options.path);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hash = missing;
    this.#poll = this.#clock.every(options.pollMs ?? pollDefaultMs, () => void this.#pollNow());
  }

  /** Nothing is called back after this. */
  close(): void {
    this.#closed = true;
    this.#poll.cancel();
    this.#debounce?.cancel();
    for (const each of this.#watches.values()) each.close();
    this.#watches.clear();
  }

  async #pollNow(): Promise<void> {
    // A watch on a directory that was removed and made again sees nothing any more.
    for (const each of this.#watches.values()) each.close();
    this.#watches.clear();
    await this.#look();
  }

  #onEvent(): void {
    if (this.#closed) return;
    const quietMs = this.#options.debounceMs ?? debounceDefaultMs;
    const now = this.#clock.now();
    this.#firstEventAt ??= now;
    if (now - this.#firstEventAt > quietMs * longestDebounce) return;
    this.#debounce?.cancel();
    this.#debounce = this.#clock.after(quietMs, () => void this.#look());
  }

  /** One look at a time; an event during it asks for another. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#lookAgain && !this.#closed) {
        this.#lookAgain = false;
        this.#firstEventAt = null;
        await this.#rewatch();
        this.#tell(await hashOf(this.#path));
      }
    } finally {
      this.#looking = false;
    }
  }

  #tell(hash: string): void {
    if (this.#closed) return;
    if (hash === missing || hash === this.#hash) {
      this.#options.onUnchanged?.();
      return;
    }
    this.#hash = hash;
    this.#options.onChange();
  }

  /** The directory of the file, and, where the file is a link, the one it leads to. */
  async #rewatch(): Promise<void> {
    const wanted = new Set([dirname(this.#path)]);
    const target = await realpath(this.#path).catch(() => null);
    if (target !== null) wanted.add(dirname(target));
    if (this.#closed) return;
    for (const [directory, each] of this.#watches) {
      if (wanted.has(directory)) continue;
      each.close();
      this.#watches.delete(directory);
    }
    for (const directory of wanted) this.#watch(directory);
  }

  #watch(directory: string): void {
    if (this.#watches.has(directory)) return;
    try {
      const each = watch(directory, { persistent: false }, () => this.#onEvent());
      each.on('error', (error) => this.#lost(directory, error));
      this.#watches.set(directory, each);
      this.#unwatched.delete(directory);
    } catch (error) {
      this.#lost(directory, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #lost(directory: string, error: Error): void {
    this.#watches.get(directory)?.close();
    this.#watches.delete(directory);
    if (this.#closed || this.#unwatched.has(directory)) return;
    this.#unwatched.add(directory);
    this.#options.onError?.(error);
  }
}

async function hashOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readBounded(path, maxFileBytes + 1))
      .digest('hex');
  } catch {
    return missing;
  }
}
