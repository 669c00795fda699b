/** The usual mesh of a test: one listener `web`, one cluster `app`, and an access log that says how exchanges ended. */
import { gateway, type GatewayKeys, type Keys } from './gateway.ts';
import { header } from './message.ts';
import { until } from './patience.ts';
import type { Peer, Response } from './peer.ts';
import type { TestProxy } from './proxy.ts';

const format =
  '%RESPONSE_FLAGS% %RESPONSE_CODE% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_HOST% %BYTES_SENT% %RESPONSE_CODE_DETAILS%';

/** `gateway` with that access log. */
export function mesh(upstream: number | readonly number[], keys: GatewayKeys = {}): string {
  return gateway(upstream, { ...keys, listener: { access_logs: [accessLog], ...keys.listener } });
}

/** What `outcome` reads. */
export const accessLog: Keys = { path: '/dev/null', format };

/** How an exchange (or a TCP session) ended, from the access log. */
export interface Outcome {
  readonly flag: string;
  readonly status: number;
  readonly attempts: number;
  readonly host: string;
  readonly bytesSent: number;
  readonly details: string;
}

/** Exchanges that have ended so far, in order. */
export function outcomes(proxy: TestProxy): Outcome[] {
  return proxy.logLines().map((line) => {
    const [flag = '', status = '', attempts = '', host = '', bytesSent = '', details = ''] = line.split(' ');
    return {
      flag,
      status: Number(status),
      attempts: Number(attempts),
      host,
      bytesSent: Number(bytesSent),
      details,
    };
  });
}

/** Waits for the end of exchange `index`, from 0. */
export async function outcome(proxy: TestProxy, index = 0): Promise<Outcome> {
  await until(
    () => outcomes(proxy).length > index,
    () => `the end of exchange ${index}, got ${outcomes(proxy).length}`,
  );
  return outcomes(proxy)[index]!;
}

/** A request without a body. */
export function request(path = '/', lines = '', method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nhost: mesh.test\r\n${lines}\r\n`;
}

/** A request with this body and its length. */
export function post(body: string, path = '/', lines = '', method = 'POST'): string {
  return `${method} ${path} HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: ${body.length}\r\n${lines}\r\n${body}`;
}

/** One exchange on a connection of its own, which is closed behind it. */
export async function fetchOnce(proxy: TestProxy, bytes: string = request()): Promise<Response> {
  const client = await proxy.send(bytes);
  const response = await client.response();
  client.destroy();
  return response;
}

/** One exchange on a connection that stays. */
export async function fetchOn(client: Peer, bytes: string = request()): Promise<Response> {
  client.send(bytes);
  return client.response();
}

/** What the proxy says of its own answer: error type and flag of `Proxy-Status`. */
export function proxyStatus(response: Response): { error: string; flag: string } {
  const value = header(response, 'proxy-status') ?? '';
  const [, error = '', flag = ''] = /^meshlock; error=([a-z_]+); details="([A-Z]+): /.exec(value) ?? [];
  return { error, flag };
}

/** Moves time in small steps until it holds; answers how many milliseconds that took. */
export async function advanceUntil(
  proxy: TestProxy,
  holds: () => boolean,
  { stepMs = 10, limitMs = 60_000 }: { readonly stepMs?: number; readonly limitMs?: number } = {},
): Promise<number> {
  let passed = 0;
  for (; !holds(); passed += stepMs) {
    if (passed >= limitMs) throw new Error(`it did not come in ${limitMs} ms: ${String(holds)}`);
    await proxy.advance(stepMs);
  }
  return passed;
}

/** A listener `tcp` in front of a cluster `app`, with the access log that `outcome` reads. */
export function tcpMesh(
  upstream: number | readonly number[],
  keys: { readonly listener?: Keys; readonly cluster?: Keys } = {},
): string {
  const ports = typeof upstream === 'number' ? [upstream] : upstream;
  return JSON.stringify({
    listeners: [
      {
        name: 'tcp',
        address: '127.0.0.1:0',
        protocol: 'tcp',
        access_logs: [accessLog],
        ...(keys.listener?.['clusters'] === undefined ? { cluster: 'app' } : {}),
        ...keys.listener,
      },
    ],
    clusters: [{ name: 'app', endpoints: ports.map((port) => `127.0.0.1:${port}`), ...keys.cluster }],
  });
}
