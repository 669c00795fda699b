/**
 * Addresses as people write them: `10.0.0.1:80`, `[::1]:80`, `cart.example:80`, a port alone. `localhost` is read as
 * 127.0.0.1, always: asking the resolver would give one answer on one machine and another on the next.
 */
import { isIP, isIPv4, isIPv6, SocketAddress as NodeAddress } from 'node:net';
import type { SocketAddress } from './model.ts';
import { type Reading, read, refuse } from './reading.ts';

const expected = 'an address such as 127.0.0.1:8080, [::1]:8080 or a port alone';

/** `hostOfPort` is the host that a port alone stands for. The host of the answer may be a name. */
export function readAddress(value: string | number, hostOfPort: string): Reading<SocketAddress> {
  const text = String(value).trim();
  const port = /^:?(\d+)$/.exec(text)?.[1];
  if (port !== undefined) return join(hostOfPort, port);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return refuse(expected, `leave out ${text.slice(0, text.indexOf('//') + 2)} and any path`);
  }
  if (text.startsWith('[')) return readBracketed(text);
  const colon = text.lastIndexOf(':');
  if (colon === -1) return refuse(expected, looksLikeHost(text) ? `add the port: ${text}:80` : undefined);
  if (text.indexOf(':') !== colon)
    return refuse(expected, 'write an IPv6 address in brackets, such as [::1]:80');
  const host = text.slice(0, colon).toLowerCase();
  if (host === 'localhost') return join('127.0.0.1', text.slice(colon + 1));
  if (host === '*') return refuse(expected, `for every interface write 0.0.0.0:${text.slice(colon + 1)}`);
  if (!looksLikeHost(host)) return refuse('an IP address or a host name before the port');
  return join(host, text.slice(colon + 1));
}

function readBracketed(text: string): Reading<SocketAddress> {
  const [, host, port] = /^\[([^\]]*)\]:(\d+)$/.exec(text) ?? [];
  if (host === undefined || port === undefined) return refuse(expected);
  if (!isIPv6(host)) return refuse('an IPv6 address inside the brackets');
  return join(canonicalIPv6(host), port);
}

/** RFC 5952 form, so that two spellings of one address are one endpoint. A zone (`%eth0`) is kept as written. */
function canonicalIPv6(host: string): string {
  return host.includes('%') ? host : new NodeAddress({ address: host, family: 'ipv6' }).address;
}

function join(host: string, port: string): Reading<SocketAddress> {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  return number <= 65535 ? read({ host, port: number }) : refuse('a port between 0 and 65535');
}

function looksLikeHost(text: string): boolean {
  return isIPv4(text) || isHostName(text);
}

/** RFC 1123 labels, underscores allowed. A name that ends in a number is a mistyped IPv4 address (RFC 3696). */
export function isHostName(text: string): boolean {
  if (text.length === 0 || text.length > 253) return false;
  const labels = text.replace(/\.$/, '').split('.');
  const isSound = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
  return isSound && !/^\d+$/.test(labels.at(-1) ?? '');
}

export function isIpLiteral(host: string): boolean {
  return isIP(host) !== 0;
}

export function isLoopback(host: string): boolean {
  return host === '::1' || /^(::ffff:)?127\./.test(host);
}
