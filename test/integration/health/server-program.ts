/** A server of Debian's packages as a process of a test: waited for until it answers, its last words kept, ended with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../process/eventually.ts';

const maxLogCharacters = 16_000;

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export class ServerProgram {
  readonly #child: ChildProcess;
  /** A runner that gives up leaves nothing behind. */
  readonly #end = (): void => void this.#child.kill('SIGKILL');
  #said = '';

  constructor(name: string, args: readonly string[]) {
    this.#child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (piece: Buffer) => {
        this.#said = (this.#said + piece.toString()).slice(-maxLogCharacters);
      });
    process.on('exit', this.#end);
    this.#child.on('exit', () => process.off('exit', this.#end));
  }

  /** The last of its output and its errors. */
  get said(): string {
    return this.#said;
  }

  /** Until then; ended when it does not. */
  async answers(url: string): Promise<void> {
    try {
      await eventually(
        async () => {
          if (this.#child.exitCode !== null) throw new Error(`it ended at once: ${this.#said}`);
          const response = await fetch(url).catch(() => null);
          await response?.body?.cancel();
          return response?.status === 200 ? true : undefined;
        },
        () => `${url}: ${this.#said}`,
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
