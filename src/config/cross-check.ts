/**
 * What is wrong between parts of the file that are each right by themselves: names that nobody has, names and
 * addresses that two have. Works on the unchecked values, so that it also speaks when a part is wrong.
 */
import { formatAddress } from '../base/index.ts';
import { isIpLiteral, isLoopback, readAddress } from './address.ts';
import { adminDefaults } from './defaults.ts';
import { unknownClusters } from './cluster-references.ts';
import { listenerNameOf } from './listener-schema.ts';
import { duplicates, type Named, nameOf } from './named.ts';
import { Place } from './path.ts';
import type { Finding } from './shape-problems.ts';
import { readDomain } from './virtual-host-schema.ts';

export function crossFindings(root: unknown): Finding[] {
  const file = new Place(root);
  const listeners = file.at('listeners').items();
  const clusters = file.at('clusters').items();
  return [
    ...adminFindings(file.at('admin')),
    ...duplicates(listeners.map(listenerName), 'a name of its own for each listener'),
    ...duplicates(
      [...adminPlaces(file.at('admin')).map(adminAddress), ...listeners.map(listenAddress)],
      'an address of its own',
    ),
    ...listeners.flatMap(virtualHostFindings),
    ...duplicates(clusters.map(nameOf), 'a name of its own for each cluster'),
    ...clusters.flatMap(endpointFindings),
    ...clusters.flatMap(slowStartFindings),
    ...unknownClusters(listeners, clusters),
  ];
}

function listenerName(listener: Place): Named {
  const name = listener.at('name');
  if (name.value !== undefined) return { place: name, key: name.text };
  const address = addressAt(listener.at('address'), '0.0.0.0');
  return { place: listener, key: address === undefined ? undefined : listenerNameOf(address) };
}

function addressAt(place: Place, hostOfPort: string): { host: string; port: number } | undefined {
  const { value } = place;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const outcome = readAddress(value, hostOfPort);
  return outcome.ok ? outcome.value : undefined;
}

/** Port 0 asks the kernel for any free one, so it is never taken twice. */
function uniqueAddress(place: Place, hostOfPort: string): Named {
  const address = addressAt(place, hostOfPort);
  return { place, key: address === undefined || address.port === 0 ? undefined : formatAddress(address) };
}

function listenAddress(listener: Place): Named {
  return uniqueAddress(listener.at('address'), '0.0.0.0');
}

/** The address key of a mapping, the short form, or the default. */
function adminPlace(admin: Place): Place {
  if (admin.value === undefined) return new Place(adminDefaults.address, admin.path);
  if (typeof admin.value !== 'object') return admin;
  const address = admin.at('address');
  return address.value === undefined ? new Place(adminDefaults.address, admin.path) : address;
}

/** The admin plane listens twice when its gRPC health service is on. */
function adminPlaces(admin: Place): Place[] {
  return [adminPlace(admin), admin.at('grpc_address')];
}

function adminAddress(place: Place): Named {
  return uniqueAddress(place, '127.0.0.1');
}

/** The admin plane can stop the process and tells about it: nobody but this machine may reach it without a token. */
function adminFindings(admin: Place): Finding[] {
  const hasToken = admin.at('token').value !== undefined || admin.at('token_file').value !== undefined;
  return adminPlaces(admin).flatMap((place) => exposureFindings(place, hasToken));
}

function exposureFindings(place: Place, hasToken: boolean): Finding[] {
  const address = addressAt(place, '127.0.0.1');
  if (address === undefined || hasToken || !isIpLiteral(address.host) || isLoopback(address.host)) return [];
  const got = `${formatAddress(address)} without a token`;
  const hint = 'add token_file (or token), or listen on 127.0.0.1';
  return [{ path: place.path, expected: 'a loopback address, or a token', got, hint }];
}

function virtualHostFindings(listener: Place): Finding[] {
  const hosts = listener.at('virtual_hosts').items();
  const domains = hosts.flatMap((host) => domainsOf(host).map((place) => ({ place, key: domainKey(place) })));
  const names = hosts.map((host) => {
    const name = host.at('name');
    const own = { place: name, key: name.text };
    // Two hosts that share a first domain are already reported as that.
    return name.value === undefined ? { place: host, key: undefined } : own;
  });
  const routes = hosts.flatMap((host) => routeNameFindings(host.at('routes')));
  return [
    ...duplicates(domains, 'each domain in one virtual host of a listener'),
    ...duplicates(names, 'a name of its own for each virtual host'),
    ...routes,
    ...routeNameFindings(listener.at('routes')),
  ];
}

function routeNameFindings(routes: Place): Finding[] {
  return duplicates(routes.items().map(nameOf), 'a name of its own for each route of a virtual host');
}

function domainsOf(host: Place): Place[] {
  const domains = host.at('domains');
  return domains.text === undefined ? domains.items() : [domains];
}

function domainKey(place: Place): string | undefined {
  const outcome = place.text === undefined ? undefined : readDomain(place.text);
  return outcome?.ok === true ? outcome.value : undefined;
}

/** An endpoint's identity is its address; and only DNS clusters may name hosts. */
function endpointFindings(cluster: Place): Finding[] {
  const places = cluster
    .at('endpoints')
    .items()
    .map((item) => (typeof item.value === 'object' ? item.at('address') : item));
  const isDns = cluster.at('type').value === 'strict_dns';
  const names = isDns ? [] : places.filter((place) => isNamed(place));
  return [
    ...duplicates(
      places.map((place) => uniqueAddress(place, '127.0.0.1')),
      'each endpoint once',
    ),
    ...names.map((place) => ({
      path: place.path,
      expected: 'an IP address, as this cluster is static',
      got: JSON.stringify(String(place.value)),
      hint: 'add `type: strict_dns` to look host names up',
    })),
  ];
}

/** A setting that is taken and then ignored would be believed. */
function slowStartFindings(cluster: Place): Finding[] {
  const slowStart = cluster.at('slow_start');
  const balancer = cluster.at('balancer');
  const kind = balancer.text ?? balancer.at('type').text ?? 'round_robin';
  if (slowStart.value === undefined || !balancersWithoutSlowStart.includes(kind)) return [];
  const expected = 'no slow_start, or a balancer that has it';
  const hint = 'round_robin, weighted_round_robin and least_request have it';
  return [{ path: slowStart.path, expected, got: `slow_start with ${kind}`, hint }];
}

const balancersWithoutSlowStart: readonly string[] = ['random', 'peak_ewma', 'ring_hash', 'maglev'];

function isNamed(place: Place): boolean {
  const address = addressAt(place, '127.0.0.1');
  return address !== undefined && !isIpLiteral(address.host);
}
