/** Addresses and hosts as schemas. */
import { formatAddress } from '../base/index.ts';
import * as z from 'zod';
import { isHostName, isIpLiteral, readAddress } from './address.ts';
import { reading } from './block.ts';
import type { SocketAddress } from './model.ts';
import { read, refuse } from './reading.ts';
import { textOrNumber } from './scalar-schema.ts';

/** An IP literal (or `localhost`) to listen on. */
export function listenAddress(hostOfPort: string): z.ZodType<SocketAddress> {
  return reading(addressInput('an address such as 0.0.0.0:8080 or a port'), (value) => {
    const outcome = readAddress(value, hostOfPort);
    if (!outcome.ok || isIpLiteral(outcome.value.host)) return outcome;
    return refuse('an IP address to listen on, such as 0.0.0.0 or [::], or localhost');
  });
}

/** Where requests go; a host name is allowed here and checked against the cluster's `type` later. */
export function endpointAddress(): z.ZodType<SocketAddress> {
  return reading(addressInput('an address such as 10.0.0.1:80, or a port of this machine'), (value) => {
    const outcome = readAddress(value, '127.0.0.1');
    return outcome.ok && outcome.value.port === 0 ? refuse('a port between 1 and 65535') : outcome;
  });
}

/** `ip:port` as text, of a DNS server; the port may be left out. */
export function resolverAddress(): z.ZodType<string> {
  return reading(z.string({ error: 'the address of a DNS server' }), (value) => {
    const expected = 'the IP address of a DNS server, such as 10.0.0.2 or 10.0.0.2:53';
    const outcome = readAddress(
      isIpLiteral(value) ? formatAddress({ host: value, port: 53 }) : value,
      '127.0.0.1',
    );
    return outcome.ok && isIpLiteral(outcome.value.host)
      ? read(formatAddress(outcome.value))
      : refuse(expected);
  });
}

/** A host as it stands in `Host`: a name or an address, with an optional port. Lower case. */
export function authority(): z.ZodType<string> {
  return reading(z.string({ error: 'a host such as example.com' }), (value) => {
    const [, host = '', port = '0'] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(value.toLowerCase()) ?? [];
    const isBracketed = host.startsWith('[');
    const isHost = isBracketed ? isIpLiteral(host.slice(1, -1)) : isHostName(host) || isIpLiteral(host);
    const isSound = isHost && Number(port) <= 65_535;
    return isSound ? read(value.toLowerCase()) : refuse('a host such as example.com or example.com:8080');
  });
}

function addressInput(expected: string): z.ZodType<string | number> {
  return textOrNumber(
    expected,
    { pattern: '^(.*:)?\\d{1,5}$' },
    { type: 'integer', minimum: 0, maximum: 65535 },
  );
}
