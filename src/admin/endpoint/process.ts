/** `/threads`, `/memory` and `/certs`: the state of the process itself. */
import type { Clock } from '../../base/index.ts';
import { answer, json } from '../reply.ts';
import type { AdminRoute } from '../route.ts';
import type { AdminSource, CertificateStatus, MemoryStatus, ThreadStatus } from '../source.ts';

const dayMs = 86_400_000;

export function processRoutes(source: AdminSource, clock: Clock): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/threads',
      summary: 'Every data thread: state, last sign of life, replacements and why.',
      handle: (request) => {
        const threads = source.threads();
        return answer(request.format, 200, {
          text: () => threads.map(threadLine).join('\n'),
          json: () => ({ threads: threads.map(threadJson) }),
        });
      },
    },
    {
      method: 'GET',
      path: '/memory',
      summary: 'Memory of the process and the heap of the control thread, in bytes.',
      formats: ['json'],
      handle: () => json(200, memoryJson(source.memory())),
    },
    {
      method: 'GET',
      path: '/certs',
      summary: 'Every certificate in use and when it expires.',
      formats: ['json'],
      handle: () =>
        json(200, {
          certificates: source.certs().map((certificate) => ({
            ca_cert: [],
            cert_chain: [certificateJson(certificate, clock.wall())],
          })),
        }),
    },
  ];
}

function threadLine(thread: ThreadStatus): string {
  const replaced = thread.lastReplacement;
  const why = replaced === null ? '' : `, last ${new Date(replaced.atMs).toISOString()}: ${replaced.reason}`;
  return (
    `thread ${thread.thread}: ${thread.state}, heartbeat ${Math.round(thread.heartbeatAgeMs)} ms ago, ` +
    `snapshot ${thread.snapshotVersion}, ${thread.restarts} restarts${why}`
  );
}

function threadJson(thread: ThreadStatus): object {
  const replaced = thread.lastReplacement;
  return {
    thread: thread.thread,
    state: thread.state,
    heartbeat_age_ms: thread.heartbeatAgeMs,
    snapshot_version: thread.snapshotVersion,
    restarts: thread.restarts,
    last_replacement:
      replaced === null ? null : { reason: replaced.reason, at: new Date(replaced.atMs).toISOString() },
  };
}

/** The first three under Envoy's names. */
function memoryJson(memory: MemoryStatus): object {
  return {
    allocated: memory.heapUsedBytes,
    heap_size: memory.heapTotalBytes,
    total_physical_bytes: memory.rssBytes,
    heap_limit: memory.heapLimitBytes,
    external: memory.externalBytes,
    array_buffers: memory.arrayBuffersBytes,
  };
}

function certificateJson(certificate: CertificateStatus, nowMs: number): object {
  return {
    owner: certificate.owner,
    path: certificate.path,
    serial_number: certificate.serial,
    subject_alt_names: certificate.subjectAltNames.map(subjectAltName),
    days_until_expiration: Math.max(0, Math.floor((certificate.expiresAtMs - nowMs) / dayMs)),
    valid_from: new Date(certificate.validFromMs).toISOString(),
    expiration_time: new Date(certificate.expiresAtMs).toISOString(),
  };
}

/** `DNS:a.example` as Envoy's `{dns: 'a.example'}`. */
function subjectAltName(name: string): object {
  const colon = name.indexOf(':');
  const kind = { dns: 'dns', uri: 'uri', 'ip address': 'ip_address' }[name.slice(0, colon).toLowerCase()];
  return { [kind ?? 'other']: kind === undefined ? name : name.slice(colon + 1) };
}
