/** Profiles of the test's own process, in the formats that captures come in: what the viewer must open is real. */
import { Session } from 'node:inspector/promises';
import { gunzipSync } from 'node:zlib';
import type { HandleProfile } from '../../../holmes/profile/handle-profile.ts';
import { encodeHandles } from '../../../holmes/profile/pprof-handles.ts';

/** By extension. */
export type Profiles = Readonly<Record<'cpuprofile' | 'heapprofile' | 'pb.gz', Uint8Array>>;

/** A name to be found again in a profile of CPU time or of memory. */
function guiltyOfEverything(milliseconds: number): unknown[] {
  const kept: unknown[] = [];
  const end = performance.now() + milliseconds;
  for (let i = 0; performance.now() < end; i++) if (i % 100 === 0) kept.push(new Array(200).fill(i));
  return kept;
}

export async function recordProfiles(): Promise<Profiles> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('HeapProfiler.startSampling', { samplingInterval: 1024 });
    await session.post('Profiler.start');
    const kept = guiltyOfEverything(100);
    const { profile: cpu } = await session.post('Profiler.stop');
    const { profile: heap } = await session.post('HeapProfiler.stopSampling');
    if (kept.length === 0) throw new Error('nothing was allocated');
    return { cpuprofile: asJson(cpu), heapprofile: asJson(heap), 'pb.gz': await handles() };
  } finally {
    session.disconnect();
  }
}

function asJson(profile: object): Uint8Array {
  return Buffer.from(JSON.stringify(profile));
}

async function handles(): Promise<Uint8Array> {
  const stack = [
    { functionName: 'leakySocket', url: 'file:///app/filters/user/audit.ts', line: 31, column: 5 },
    { functionName: 'onRequest', url: 'file:///app/filters/user/audit.ts', line: 12, column: 3 },
  ];
  const socket = { kind: 'tcp-client', state: 'open', bufferedBytes: 0, maxAgeMs: 60_000 };
  const profile: HandleProfile = {
    groups: [{ ...socket, peer: '10.0.0.7:443', count: 900, stack }],
    activeByType: { TCPSocketWrap: 900 },
    armedMs: 5000,
    created: [],
    buffers: [],
    warnings: [],
  };
  const bytes = await encodeHandles(profile, { at: Date.UTC(2026, 10, 20), comments: [] });
  if (gunzipSync(bytes).length === 0) throw new Error('the profile of handles is empty');
  return bytes;
}
