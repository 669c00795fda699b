/** A real upstream: nginx with static files and uploads in a directory of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue } from './eventually.ts';

const program = '/usr/sbin/nginx';

export const hasNginx: boolean = spawnSync(program, ['-v']).error === undefined;

export interface Nginx {
  readonly port: number;
  /** What it serves at `/`; uploads land in `uploads` of it. */
  readonly root: string;
  stop(): Promise<void>;
}

/** Runs in the foreground, with one worker. */
export async function startNginx(files: ReadonlyMap<string, Buffer>): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'meshlock-nginx-'));
  const root = join(directory, 'files');
  await mkdir(join(root, 'uploads'), { recursive: true });
  // Started by root, its worker is another user.
  for (const open of [directory, root, join(root, 'uploads')]) await chmod(open, 0o777);
  for (const [name, content] of files) await writeFile(join(root, name), content);
  const port = await closedPort();
  const configFile = join(directory, 'nginx.conf');
  await writeFile(configFile, configuration(directory, root, port));
  const nginx = spawn(program, ['-p', directory, '-e', join(directory, 'error.log'), '-c', configFile], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    await end(nginx);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await becomesTrue(
      async () => (await call(port, '/').catch(() => null)) !== null,
      () => `nginx to listen on ${port}`,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, root, stop };
}

async function end(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null || nginx.signalCode !== null) return;
  const ended = once(nginx, 'exit');
  nginx.kill('SIGTERM');
  await ended;
}

function configuration(directory: string, root: string, port: number): string {
  return `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  types { text/plain txt; }
  default_type application/octet-stream;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  client_max_body_size 32m;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${root};
    autoindex on;
    gzip on;
    gzip_proxied any;
    gzip_min_length 100;
    gzip_types text/plain;
    location /uploads/ { dav_methods PUT DELETE; create_full_put_path on; }
  }
}
`;
}
