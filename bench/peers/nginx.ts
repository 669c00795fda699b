/** nginx: one worker, kept-alive upstream connections, answers buffered in memory and never spilt to a file. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../host/running-process.ts';
import { findTool, toolOutput } from '../host/tool.ts';
import type { Peer, PeerMode, PeerSetup } from './peer.ts';

/** Start of a configuration file: one worker in the foreground that writes only below `directory`. */
export function nginxProcessLines(directory: string, name: string): string {
  const root = process.getuid?.() === 0;
  return `${root ? 'user root;\n' : ''}daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${directory}/${name}.pid;
error_log stderr warn;
events { worker_connections 12000; }`;
}

function temporaryPaths(directory: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${directory}/nginx-${kind};`)
    .join('\n');
}

function httpSection(setup: PeerSetup): string {
  return `http {
${temporaryPaths(setup.directory)}
  access_log ${setup.mode === 'http-log' ? `${setup.accessLogPath} combined` : 'off'};
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  proxy_buffer_size 16k;
  proxy_buffers 16 16k;
  proxy_max_temp_file_size 0;
  upstream app {
    server 127.0.0.1:${setup.upstreamPort};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${setup.listenPort} backlog=4096;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
}

function streamSection(setup: PeerSetup): string {
  return `stream {
  server {
    listen 127.0.0.1:${setup.listenPort} backlog=4096;
    proxy_pass 127.0.0.1:${setup.upstreamPort};
    tcp_nodelay on;
  }
}
`;
}

/** Line that loads the stream module, empty when it is built in, `null` when this nginx has none. */
function streamModule(): string | null {
  const built = toolOutput('nginx', ['-V']);
  if (/--with-stream(?=\s|$)/m.test(built)) return '';
  const folder = /--modules-path=(\S+)/.exec(built)?.[1] ?? '/usr/lib/nginx/modules';
  const file = join(folder, 'ngx_stream_module.so');
  return existsSync(file) ? `load_module ${file};\n` : null;
}

export const nginx: Peer = {
  name: 'nginx',
  unavailable(mode: PeerMode): string | null {
    if (findTool('nginx') === null) return 'not installed';
    return mode === 'tcp' && streamModule() === null ? 'stream module not installed' : null;
  },
  version(): string {
    return /nginx\/(\S+)/.exec(toolOutput('nginx', ['-v']))?.[1] ?? 'unknown';
  },
  async prepare(setup: PeerSetup): Promise<Launch> {
    const tcp = setup.mode === 'tcp';
    const section = tcp ? streamSection(setup) : httpSection(setup);
    const file = join(setup.directory, `nginx-${setup.listenPort}.conf`);
    const head = nginxProcessLines(setup.directory, `nginx-${setup.listenPort}`);
    await writeFile(file, `${tcp ? streamModule() : ''}${head}\n${section}`);
    return { command: findTool('nginx') ?? 'nginx', args: ['-c', file] };
  },
};
