/** HAProxy: one thread, keep-alive on both sides, idle upstream connections shared by all callers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../host/running-process.ts';
import { findTool, toolOutput } from '../host/tool.ts';
import type { Peer, PeerMode, PeerSetup } from './peer.ts';

/** `no strict-limits`: it wants two descriptors per connection, which idle ones do not need. */
function configuration({ mode, listenPort, upstreamPort }: PeerSetup): string {
  const http = mode === 'http';
  return `global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode ${http ? 'http' : 'tcp'}
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  ${http ? 'timeout http-keep-alive 1h\n  option http-keep-alive\n  http-reuse always' : ''}
listen bench
  bind 127.0.0.1:${listenPort} backlog 4096
  maxconn 12000
  server app 127.0.0.1:${upstreamPort}
`;
}

export const haproxy: Peer = {
  name: 'haproxy',
  unavailable(mode: PeerMode): string | null {
    if (mode === 'http-log') return 'writes no log file of its own';
    return findTool('haproxy') === null ? 'not installed' : null;
  },
  version(): string {
    return /version (\S+)/.exec(toolOutput('haproxy', ['-v']))?.[1] ?? 'unknown';
  },
  async prepare(setup: PeerSetup): Promise<Launch> {
    const file = join(setup.directory, `haproxy-${setup.listenPort}.cfg`);
    await writeFile(file, configuration(setup));
    return { command: findTool('haproxy') ?? 'haproxy', args: ['-db', '-f', file] };
  },
};
