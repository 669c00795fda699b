/** The harness's side of `idle-program.ts`: opens the connections, verifies them, closes them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IdleReport, OpenMessage, VerifyMessage } from './idle-program.ts';

const program = fileURLToPath(new URL('idle-program.ts', import.meta.url));
const CONNECTIONS_PER_SOURCE = 2_500;

export interface IdleLoadOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
}

export class IdleLoad {
  readonly #options: IdleLoadOptions;
  readonly #child: ChildProcess = fork(program, { execArgv: [] });

  constructor(options: IdleLoadOptions) {
    this.#options = options;
  }

  /** Resolves when every connection had one answer; throws when one had not. */
  open(): Promise<void> {
    const { port, path, connections } = this.#options;
    const sourceCount = Math.ceil(connections / CONNECTIONS_PER_SOURCE);
    const sources = Array.from({ length: sourceCount }, (_, index) => `127.0.0.${index + 2}`);
    return this.#ask({ kind: 'open', port, path, connections, sources });
  }

  /** Resolves when every connection is still open and answers again. */
  verify(): Promise<void> {
    return this.#ask({ kind: 'verify' });
  }

  async #ask(message: OpenMessage | VerifyMessage): Promise<void> {
    const { connections } = this.#options;
    this.#child.send(message);
    const signal = AbortSignal.timeout(90_000);
    const [{ answered, failures }] = (await once(this.#child, 'message', { signal })) as [IdleReport];
    if (answered === connections) return;
    const reasons = Object.entries(failures).map(([reason, count]) => `${count} times ${reason}`);
    throw new Error(
      `only ${answered} of ${connections} idle connections were answered (${message.kind}): ${reasons.join(', ')}`,
    );
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
