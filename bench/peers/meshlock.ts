/** Meshlock as built, with one data thread and every default on: routing, counters, histograms, admin plane. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from '../host/running-process.ts';
import type { Peer, PeerSetup } from './peer.ts';

const program = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));

function listener({ mode, listenPort, accessLogPath }: PeerSetup): string {
  const head = `  - name: bench\n    address: 127.0.0.1:${listenPort}\n    role: gateway\n`;
  if (mode === 'tcp') return `${head}    protocol: tcp\n    cluster: app\n`;
  const log = mode === 'http-log' ? `    access_logs: [{ path: ${accessLogPath} }]\n` : '';
  return `${head}${log}    protocol: http\n    routes: [{ match: { prefix: / }, cluster: app }]\n`;
}

function configuration(setup: PeerSetup): string {
  return `node: { id: bench, service: bench }
admin: { address: 127.0.0.1:${setup.adminPort} }
data_threads: 1
listeners:
${listener(setup)}clusters:
  - name: app
    endpoints: [127.0.0.1:${setup.upstreamPort}]
`;
}

export const meshlock: Peer = {
  name: 'meshlock',
  unavailable(): string | null {
    return existsSync(program) ? null : 'not built (npm run build)';
  },
  version(): string {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  },
  async prepare(setup: PeerSetup): Promise<Launch> {
    const file = join(setup.directory, `meshlock-${setup.listenPort}.yaml`);
    await writeFile(file, configuration(setup));
    return { command: process.execPath, args: [program, 'run', '-c', file] };
  },
};
