/** How an address is written in answers: `1.2.3.4:80` or `[::1]:80` in text, Envoy's nesting in JSON. */
import type { SocketAddress } from '../config/index.ts';

export function socketText(address: SocketAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

export function socketAddress(address: SocketAddress): object {
  return { socket_address: { address: address.host, port_value: address.port } };
}
