/** A program of the system that runs beside the mesh, such as Prometheus: with the last of its log, ended with the demonstration. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { statusOf } from './fetched.ts';

const maxLogCharacters = 16 * 1024;
const readyMs = 20_000;
const endMs = 5000;

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Becomes the program behind it, which so ends with this process even when that is killed. Linux has it, mostly. */
const leash = ['--pdeathsig', 'KILL'] as const;

function onLeash(words: readonly string[]): readonly string[] {
  const isKnown = spawnSync('setpriv', [...leash, 'true'], { stdio: 'ignore' }).status === 0;
  return isKnown ? ['setpriv', ...leash, ...words] : words;
}

export class Daemon {
  readonly name: string;
  readonly #child: ChildProcess;
  /** Ends it at once. */
  readonly kill: () => void = () => void this.#child.kill('SIGKILL');
  #log = '';

  constructor(name: string, words: readonly string[]) {
    this.name = name;
    const [program = name, ...rest] = onLeash([name, ...words]);
    // A group of its own: Ctrl-C at the terminal reaches it once, from here.
    this.#child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-maxLogCharacters);
      });
    }
    process.on('exit', this.kill);
    this.#child.on('exit', () => process.off('exit', this.kill));
    this.#child.on('error', (error) => {
      this.#log += `${String(error)}\n`;
    });
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get log(): string {
    return this.#log;
  }

  /** Answers when the address does so with 200. Rejects with the log when the program ends before, or after 20 s. */
  async answers(url: string): Promise<void> {
    const deadlineMs = performance.now() + readyMs;
    while (!this.hasEnded && performance.now() < deadlineMs) {
      if ((await statusOf(url)) === 200) return;
      await delay(50);
    }
    const why = this.hasEnded ? 'it has ended' : `it does not answer after ${readyMs / 1000} s`;
    throw new Error(`${this.name}: ${why}:\n${this.log}`);
  }

  /** In order, and by force when that takes longer than 5 s. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const force = setTimeout(this.kill, endMs);
    await ended;
    clearTimeout(force);
  }
}
