/** Meshlock as built, with one data thread and every default on: routing, counters, histograms, admin plane. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from '../host/running-process.ts';
import type { Peer, PeerName, PeerSetup } from './peer.ts';

const program = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));

function listener({ mode, listenPort, accessLogPath }: PeerSetup): string {
  const head = `  - name: bench\n    address: 127.0.0.1:${listenPort}\n    role: gateway\n`;
  if (mode === 'tcp') return `${head}    protocol: tcp\n    cluster: app\n`;
  const log = mode === 'http-log' ? `    access_logs: [{ path: ${accessLogPath} }]\n` : '';
  return `${head}${log}    protocol: http\n    routes: [{ match: { prefix: / }, cluster: app }]\n`;
}

function configuration(setup: PeerSetup, holmes: string): string {
  return `node: { id: bench, service: bench }
admin: { address: 127.0.0.1:${setup.adminPort} }
data_threads: 1
${holmes}listeners:
${listener(setup)}clusters:
  - name: app
    endpoints: [127.0.0.1:${setup.upstreamPort}]
`;
}

/** `holmes`: the section of that name, or nothing for its defaults. */
function peer(name: PeerName, holmes: (setup: PeerSetup) => string): Peer {
  return {
    name,
    unavailable(): string | null {
      return existsSync(program) ? null : 'not built (npm run build)';
    },
    version(): string {
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
    },
    async prepare(setup: PeerSetup): Promise<Launch> {
      const file = join(setup.directory, `meshlock-${setup.listenPort}.yaml`);
      await writeFile(file, configuration(setup, holmes(setup)));
      return { command: process.execPath, args: [program, 'run', '-c', file] };
    },
  };
}

function captures({ directory, listenPort }: PeerSetup): string {
  return `directory: ${directory}/captures-${listenPort}`;
}

export const meshlock: Peer = peer('meshlock', (setup) => `holmes: { ${captures(setup)} }\n`);

export const unwatched: Peer = peer('unwatched', () => 'holmes: { enabled: false }\n');

/** Sampled, judged, with the recorder running; full load is no reason for a capture here. */
export const watched: Peer = peer(
  'watched',
  (setup) => `holmes: { ${captures(setup)}, cpu: false, event_loop_delay: false, gc: false }\n`,
);

/** One CPU capture after the other, without a pause. */
export const capturing: Peer = peer(
  'capturing',
  (setup) =>
    `holmes: { ${captures(setup)}, interval: 1s, cpu: { min: 0%, abs: 1%, cooldown: 0s }, max_captures_per_minute: 1000 }\n`,
);
