/**
 * What every proxy forwards to: nginx with ready-made answers, on the load's cores, so that the upstream is the same
 * for all and never the slowest part. Paths: `/1k` from memory, `/64k` a cached file.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nginxProcessLines } from '../peers/nginx.ts';
import { anyPort } from '../../examples/mesh/addresses.ts';
import { untilReady } from './readiness.ts';
import { RunningProcess } from './running-process.ts';
import { findTool } from './tool.ts';

export const SMALL_BODY_BYTES = 1_024;
export const LARGE_BODY_BYTES = 65_536;

export interface Upstream {
  readonly port: number;
  readonly running: RunningProcess;
}

function configuration(directory: string, port: number): string {
  return `${nginxProcessLines(directory, 'upstream')}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  open_file_cache max=16;
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /1k { return 200 "${'k'.repeat(SMALL_BODY_BYTES)}"; }
    location = /64k { root ${directory}; }
  }
}
`;
}

export async function startUpstream(directory: string): Promise<Upstream> {
  const nginx = findTool('nginx');
  if (nginx === null)
    throw new Error('the upstream needs nginx, which is not installed (apt-get install nginx)');
  const port = await anyPort();
  const file = join(directory, 'upstream.conf');
  await writeFile(join(directory, '64k'), Buffer.alloc(LARGE_BODY_BYTES, 'k'));
  await writeFile(file, configuration(directory, port));
  const running = new RunningProcess({ name: 'upstream', command: nginx, args: ['-c', file], core: null });
  await untilReady(running, { port, path: '/1k', bodyBytes: SMALL_BODY_BYTES });
  await untilReady(running, { port, path: '/64k', bodyBytes: LARGE_BODY_BYTES });
  return { port, running };
}
