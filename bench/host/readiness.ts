/** Asks a just-started program until it answers correctly: status 200 and the whole expected body. */
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from './running-process.ts';

export interface Question {
  readonly port: number;
  readonly path: string;
  readonly bodyBytes: number;
}

/** `null` when the answer is right, else what is wrong with it. */
export function ask({ port, path, bodyBytes }: Question): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 2_000 }, (response) => {
      let received = 0;
      response.on('data', (piece: Buffer) => {
        received += piece.length;
      });
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => {
        if (response.statusCode !== 200) resolve(`status ${response.statusCode} instead of 200`);
        else if (received !== bodyBytes) resolve(`a body of ${received} bytes instead of ${bodyBytes}`);
        else resolve(null);
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
    request.on('error', (error) => resolve(error.message));
  });
}

const RETRY_EVERY_MS = 2;

/** Milliseconds from the program's start to its first right answer. Throws with the reason when there is none. */
export async function untilReady(running: RunningProcess, question: Question): Promise<number> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const wrong = await ask(question);
    const now = performance.now();
    if (wrong === null) return now - running.startedAtMs;
    if (running.ending !== null) throw new Error(`${running.name} ended at start with ${running.ending}`);
    if (now > deadline) throw new Error(`${running.name} was not ready within 15 s: ${wrong}`);
    await delay(RETRY_EVERY_MS);
  }
}
