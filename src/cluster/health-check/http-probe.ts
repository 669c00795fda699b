/** A health check by HTTP/1.1: one request on a fresh connection; passes by the status of a complete answer. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { HttpHealthCheck, SocketAddress } from '../../config/index.ts';
import { endpointKey } from '../endpoint.ts';
import { openCheckConnection, type ProxyHeader } from './check-connection.ts';
import { type Probe, type ProbeResult, type RunningProbe, resultOfError } from './probe.ts';

/** An answer may be longer, but no more of it is read. */
const maxBodyBytes = 64 * 1024;

export function httpProbe(check: HttpHealthCheck, proxyHeader: ProxyHeader): Probe {
  return { start: (address, done) => startRequest({ check, proxyHeader, address, done }) };
}

interface HttpProbeRun {
  readonly check: HttpHealthCheck;
  readonly proxyHeader: ProxyHeader;
  readonly address: SocketAddress;
  readonly done: (result: ProbeResult) => void;
}

function startRequest(run: HttpProbeRun): RunningProbe {
  let open = true;
  let outgoing: ClientRequest;
  try {
    outgoing = openRequest(run);
  } catch (error) {
    // node:http refuses a path or host that cannot be sent.
    const refused = setImmediate(() =>
      run.done({ kind: 'failed', detail: `health check cannot be sent: ${(error as Error).message}` }),
    );
    return { cancel: () => clearImmediate(refused) };
  }
  const settle = (result: ProbeResult | null): void => {
    if (!open) return;
    open = false;
    outgoing.destroy();
    if (result !== null) run.done(result);
  };
  outgoing.on('error', (error) => settle(resultOfRequestError(error)));
  outgoing.on('response', (answer) => readAnswer(answer, run.check, settle));
  // An endpoint that switches protocols: node hands the socket over, and it is ours to close.
  outgoing.on('upgrade', (answer, socket) => {
    socket.destroy();
    settle(judge(answer.statusCode ?? 0, run.check));
  });
  outgoing.end();
  return { cancel: () => settle(null) };
}

function openRequest({ check, proxyHeader, address }: HttpProbeRun): ClientRequest {
  return request({
    method: check.method,
    path: check.path,
    headers: {
      host: check.host === '' ? endpointKey(address) : check.host,
      'user-agent': 'meshlock-health-check',
      connection: 'close',
    },
    createConnection: () => openCheckConnection(address, proxyHeader),
  });
}

function readAnswer(
  answer: IncomingMessage,
  check: HttpHealthCheck,
  settle: (result: ProbeResult) => void,
): void {
  let bytes = 0;
  const status = answer.statusCode ?? 0;
  answer.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > maxBodyBytes) settle(judge(status, check));
  });
  answer.on('end', () => settle(judge(status, check)));
  answer.on('error', () => settle({ kind: 'failed', detail: `status ${status}, then the answer broke off` }));
}

function judge(status: number, check: HttpHealthCheck): ProbeResult {
  const expected = check.expectedStatuses.some(([low, high]) => status >= low && status <= high);
  if (expected) return { kind: 'passed', detail: `status ${status}` };
  const ranges = check.expectedStatuses.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`));
  return { kind: 'failed', detail: `status ${status}, expected ${ranges.join(' or ')}` };
}

function resultOfRequestError(error: NodeJS.ErrnoException): ProbeResult {
  const code = error.code ?? '';
  if (code.startsWith('HPE_')) return { kind: 'failed', detail: `not an HTTP answer (${code})` };
  // node:http reports an end of the connection before any answer as a reset with this text.
  if (code === 'ECONNRESET' && error.message === 'socket hang up') {
    return { kind: 'failed', detail: 'connection closed before an answer' };
  }
  return resultOfError(error);
}
