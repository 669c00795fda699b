/**
 * The connection of one health check. Where the cluster's connections start with a PROXY header, so does this one; as
 * it carries nobody's traffic it says so (PROXY protocol specification, `UNKNOWN` in version 1, `LOCAL` in version 2).
 */
import { connect, type Socket } from 'node:net';
import type { ClusterConfig, SocketAddress } from '../../config/index.ts';

export type ProxyHeader = ClusterConfig['proxyProtocol'];

const version1 = Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
/** Signature, version 2 and LOCAL, unspecified family, no address bytes. */
const version2 = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');

/** Opens a connection; the PROXY header is its first bytes. The caller listens for `error` and destroys it. */
export function openCheckConnection(address: SocketAddress, proxyHeader: ProxyHeader): Socket {
  const socket = connect({ host: address.host, port: address.port, noDelay: true });
  if (proxyHeader === 'v1') socket.write(version1);
  else if (proxyHeader === 'v2') socket.write(version2);
  return socket;
}
