/** The configuration that most tests need: one listener in front of one cluster, with whatever the test is about. */

export type Keys = Readonly<Record<string, unknown>>;

export interface GatewayKeys {
  /** Of the listener `web`. */
  readonly listener?: Keys;
  /** Of its only route, `all`, which takes everything. */
  readonly route?: Keys;
  /** Of the cluster `app`. */
  readonly cluster?: Keys;
  /** Of the file. */
  readonly file?: Keys;
}

/** As JSON, which is YAML, too. `upstream`: port of the only endpoint, or of several. */
export function gateway(upstream: number | readonly number[], keys: GatewayKeys = {}): string {
  const ports = typeof upstream === 'number' ? [upstream] : upstream;
  return JSON.stringify({
    listeners: [
      {
        name: 'web',
        address: '127.0.0.1:0',
        routes: [{ name: 'all', match: '/', cluster: 'app', ...keys.route }],
        ...keys.listener,
      },
    ],
    clusters: [{ name: 'app', endpoints: ports.map((port) => `127.0.0.1:${port}`), ...keys.cluster }],
    ...keys.file,
  });
}

/** One listener that answers by itself, with these routes. */
export function replies(routes: readonly Keys[], listener: Keys = {}): string {
  return JSON.stringify({ listeners: [{ name: 'web', address: '127.0.0.1:0', routes, ...listener }] });
}
