/**
 * A program the harness started: pinned to its cores, its last words kept, and stopped by its own pid. Whatever way
 * the harness ends, `stopAll` ends what it started and nothing else.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findTool } from './tool.ts';

/** What to execute. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

export interface RunningProcessOptions extends Launch {
  readonly name: string;
  /** `null`: wherever the harness itself runs. */
  readonly core: number | null;
}

const KEPT_OUTPUT_BYTES = 16_384;
const STOP_GRACE_MS = 6_000;
const running = new Set<RunningProcess>();

export class RunningProcess {
  readonly name: string;
  /** `performance.now()` just before the program was started. */
  readonly startedAtMs: number;
  readonly #child: ChildProcess;
  #output = '';
  #ending: string | null = null;

  constructor({ name, command, args, core }: RunningProcessOptions) {
    this.name = name;
    const pinned = core !== null && findTool('taskset') !== null;
    const environment = { ...process.env };
    delete environment['NODE_OPTIONS'];
    this.startedAtMs = performance.now();
    this.#child = spawn(
      pinned ? 'taskset' : command,
      pinned ? ['-c', String(core), command, ...args] : [...args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: environment },
    );
    const keep = (piece: Buffer): void => {
      this.#output = (this.#output + piece.toString('utf8')).slice(-KEPT_OUTPUT_BYTES);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#child.on('error', (error) => this.#ended(error.message));
    this.#child.on('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last 16 KiB of both streams. */
  get output(): string {
    return this.#output;
  }

  /** How the program ended, with its last words, or `null` while it runs. */
  get ending(): string | null {
    if (this.#ending === null) return null;
    const words = this.#output.trim().split('\n').slice(-2).join(' / ');
    return words === '' ? this.#ending : `${this.#ending}: ${words}`;
  }

  #ended(how: string): void {
    this.#ending ??= how;
    running.delete(this);
  }

  /** SIGTERM, then SIGKILL after six seconds. */
  async stop(): Promise<void> {
    if (this.#ending !== null) return;
    const ended = once(this.#child, 'exit');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  }

  /** For the way out of the harness, when nothing can be awaited any more. */
  abandon(): void {
    this.#child.kill('SIGTERM');
  }
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop()));
}

process.on('exit', () => {
  for (const one of running) one.abandon();
});
