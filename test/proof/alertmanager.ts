/** A real Alertmanager from Debian's package, alone, on a free port and in a folder of its own, ended with the test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort } from '../integration/harness/index.ts';
import { ServerProgram } from '../integration/health/server-program.ts';

export interface Alertmanager {
  /** `127.0.0.1:<port>`, as Prometheus is told it. */
  readonly address: string;
  /** The last of what it has logged. */
  said(): string;
  /** Ends the process, waits for it and removes its folder. */
  stop(): Promise<void>;
}

/** `configuration` is the text of its file. Answers when it takes alerts. */
export async function startAlertmanager(configuration: string): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-alertmanager-'));
  const file = join(folder, 'alertmanager.yaml');
  await writeFile(file, configuration);
  const address = `127.0.0.1:${await closedPort()}`;
  const program = new ServerProgram('prometheus-alertmanager', [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    // It would look for others of its kind on all networks.
    '--cluster.listen-address=',
  ]);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await program.answers(`http://${address}/-/ready`);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    address,
    said: () => program.said,
    stop: async () => {
      await program.stop();
      await remove();
    },
  };
}
