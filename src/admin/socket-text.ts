/** How an address is written in JSON answers: in Envoy's nesting. */
import type { SocketAddress } from '../config/index.ts';

export function socketAddress(address: SocketAddress): object {
  return { socket_address: { address: address.host, port_value: address.port } };
}
