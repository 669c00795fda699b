/**
 * A program that opens many keep-alive connections, has one request answered on each, and then lets them lie. The
 * harness forks it and talks to it by messages: `open`, then `verify`, which asks once more on every connection.
 */
import { connect, type Socket } from 'node:net';
import { IdleConnection } from './idle-connection.ts';

export interface OpenMessage {
  readonly kind: 'open';
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Loopback addresses to call from, so that the ports of one suffice. */
  readonly sources: readonly string[];
}

export interface VerifyMessage {
  readonly kind: 'verify';
}

export interface IdleReport {
  readonly answered: number;
  /** What went wrong, and how often. */
  readonly failures: Readonly<Record<string, number>>;
}

const AT_ONCE = 256;
const connections: IdleConnection[] = [];

async function askAll(jobs: readonly (() => Promise<void>)[]): Promise<IdleReport> {
  const failures: Record<string, number> = {};
  let answered = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      try {
        await job();
        answered += 1;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failures[reason] = (failures[reason] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { answered, failures };
}

function open({ port, path, connections: count, sources }: OpenMessage): Promise<IdleReport> {
  return askAll(
    Array.from({ length: count }, (_, index) => async () => {
      const localAddress = sources[index % sources.length] ?? '127.0.0.1';
      const socket: Socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
      const connection = new IdleConnection(socket, path);
      connections.push(connection);
      await connection.ask();
    }),
  );
}

process.on('message', (message: OpenMessage | VerifyMessage) => {
  const done = message.kind === 'open' ? open(message) : askAll(connections.map((one) => () => one.ask()));
  void done.then((report) => process.send?.(report));
});
process.on('disconnect', () => process.exit(0));
