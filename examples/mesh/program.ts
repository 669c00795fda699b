/**
 * A process of a local mesh: keeps the last of what it says, so that an early end can be explained, and never outlives
 * the program that started it.
 */
import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The command line of this checkout. */
export const meshlock: string = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

const maxLogCharacters = 64 * 1024;

const running: Set<Program> = new Set();
process.on('exit', () => {
  for (const program of running) program.kill('SIGKILL');
});

export interface ProgramOptions {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Files of this folder that are loaded before it, in each of its threads. */
  readonly preloads?: readonly string[];
  /** By how much its wall clock is ahead. */
  readonly clockAheadMs?: number;
  readonly output: 'inherit' | 'ignore';
}

export class Program {
  readonly #child: ChildProcess;
  #log = '';

  constructor({
    file,
    arguments: given,
    environment = {},
    preloads = [],
    clockAheadMs = 0,
    output,
  }: ProgramOptions) {
    const loaded = clockAheadMs === 0 ? preloads : [...preloads, 'clock-ahead.ts'];
    const imports = loaded.map((name) => `--import=${pathToFileURL(join(import.meta.dirname, name)).href}`);
    const options = [process.env['NODE_OPTIONS'] ?? '', ...imports].join(' ').trim();
    this.#child = fork(file, given, {
      // A group of its own: Ctrl-C reaches it once, from here.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        NODE_OPTIONS: options,
        MESH_CLOCK_AHEAD_MS: String(clockAheadMs),
        ...environment,
      },
      // Those of whoever runs this are not for it, such as a test runner's.
      execArgv: [],
    });
    const { stdout, stderr } = this.#child;
    for (const [from, to] of [
      [stdout, process.stdout],
      [stderr, process.stderr],
    ] as const) {
      from?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-maxLogCharacters);
        if (output === 'inherit') to.write(text);
      });
    }
    running.add(this);
    this.#child.on('exit', () => running.delete(this));
    // Whoever waits for it sees its end; a message that comes too late is nobody's loss.
    this.#child.on('error', (error) => {
      this.#log += `${String(error)}\n`;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The last 64 KiB of its output and its errors. */
  get log(): string {
    return this.#log;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  tell(message: Serializable): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on('message', listener);
  }

  /** The first message, or an error with its log when it ends before. */
  async firstMessage(): Promise<unknown> {
    const told = new AbortController();
    const { signal } = told;
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error(`a program ended before it was ready:\n${this.#log}`);
    });
    try {
      return await Promise.race([
        once(this.#child, 'message', { signal }).then(([message]: unknown[]) => message),
        ended,
      ]);
    } finally {
      ended.catch(() => undefined);
      told.abort();
    }
  }

  /** Ends it at once, and answers when it is gone. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
