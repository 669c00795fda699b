/**
 * A health check by TCP: connects, sends what is configured, and passes when the expected bytes are in the answer;
 * where none are expected, when the connection stands.
 */
import type { SocketAddress, TcpHealthCheck } from '../../config/index.ts';
import { openCheckConnection, type ProxyHeader } from './check-connection.ts';
import { type Probe, type ProbeResult, type RunningProbe, resultOfError } from './probe.ts';

/** The expected bytes must come within this much of an answer. */
const maxAnswerBytes = 64 * 1024;

export function tcpProbe(check: TcpHealthCheck, proxyHeader: ProxyHeader): Probe {
  const send = Buffer.from(check.send, 'utf8');
  const receive = Buffer.from(check.receive, 'utf8');
  return { start: (address, done) => startExchange({ send, receive, proxyHeader, address, done }) };
}

interface TcpProbeRun {
  readonly send: Buffer;
  readonly receive: Buffer;
  readonly proxyHeader: ProxyHeader;
  readonly address: SocketAddress;
  readonly done: (result: ProbeResult) => void;
}

function startExchange({ send, receive, proxyHeader, address, done }: TcpProbeRun): RunningProbe {
  let open = true;
  let answer = Buffer.alloc(0);
  const socket = openCheckConnection(address, proxyHeader);
  const settle = (result: ProbeResult | null): void => {
    if (!open) return;
    open = false;
    socket.destroy();
    if (result !== null) done(result);
  };
  socket.on('error', (error) => settle(resultOfError(error)));
  socket.on('connect', () => {
    if (receive.length === 0 && send.length === 0) settle({ kind: 'passed', detail: 'connected' });
    else if (receive.length === 0) socket.end(send, () => settle({ kind: 'passed', detail: 'connected' }));
    else if (send.length > 0) socket.write(send);
  });
  socket.on('data', (piece) => {
    answer = Buffer.concat([answer, piece]);
    if (receive.length > 0 && answer.includes(receive)) {
      settle({ kind: 'passed', detail: 'expected answer received' });
    } else if (answer.length > maxAnswerBytes) {
      settle({ kind: 'failed', detail: `expected answer not in the first ${maxAnswerBytes} bytes` });
    }
  });
  socket.on('end', () => settle({ kind: 'failed', detail: closedText(answer.length) }));
  // Whatever ended the connection without saying more.
  socket.on('close', () => settle({ kind: 'failed', detail: closedText(answer.length) }));
  return { cancel: () => settle(null) };
}

function closedText(bytes: number): string {
  if (bytes === 0) return 'connection closed before an answer';
  return `connection closed after ${bytes} bytes without the expected answer`;
}
