/** Makes handle profiles that are easy to read in a test. */
import type { Frame, HandleGroup, HandleProfile } from '../../../../holmes/profile/handle-profile.ts';

/** `notifyPeer file:///app/pool.ts:31`. */
export function frame(text: string): Frame {
  const [, functionName = '', url = '', line = '0'] = /^(.*?) ?(\S*:\S*):(\d+)$/.exec(text) ?? [];
  return { functionName, url, line: Number(line), column: 5 };
}

export const emptyHandles: HandleProfile = {
  groups: [],
  activeByType: {},
  armedMs: 0,
  created: [],
  buffers: [],
  warnings: [],
};

export function sockets(count: number, changes: Partial<HandleGroup> = {}): HandleGroup {
  return {
    kind: 'tcp-client',
    state: 'open',
    peer: '127.0.0.1:9000',
    count,
    bufferedBytes: 0,
    maxAgeMs: 60_000,
    stack: [
      frame('connect node:net:200'),
      frame('leakyDial file:///app/pool.ts:31'),
      frame('handle file:///app/server.ts:9'),
    ],
    ...changes,
  };
}
