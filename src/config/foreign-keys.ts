/** Keys that people bring along from Envoy and others, or put one level off, and what to write here. */

const replacements: Readonly<Record<string, string>> = {
  bind: 'address',
  cluster_name: 'cluster',
  common_lb_config: 'panic_threshold',
  direct_reply: 'direct_response',
  dns_lookup_family: 'dns.family',
  dns_refresh_rate: 'dns.refresh_rate',
  dns_resolvers: 'dns.resolvers',
  exact: 'path',
  health_checks: 'health_check',
  host: 'address',
  hosts: 'endpoints',
  lb_policy: 'balancer',
  load_assignment: 'endpoints',
  method: 'methods',
  num_retries: 'attempts',
  port: 'address',
  query_parameters: 'query',
  respect_dns_ttl: 'dns.respect_ttl',
  retry_back_off: 'backoff',
  retry_on: 'on',
  retry_policy: 'retry',
  retriable_status_codes: 'status_codes',
  safe_regex: 'regex',
  threads: 'data_threads',
  concurrency: 'data_threads',
  upstreams: 'clusters',
  weighted_clusters: 'clusters',
};

const remarks: Readonly<Record<string, string>> = {
  '<<': 'YAML 1.2 has no merge keys; repeat the keys, or use an alias for the whole mapping',
  filters: 'only a listener with `protocol: http` has filters',
  forwarded: 'only a listener with `protocol: http` has it',
  idle_timeout: 'on an http listener it is limits.idle_timeout',
  limits: 'only a listener with `protocol: http` has limits',
  routes: 'only a listener with `protocol: http`, or a virtual host, has routes',
  ssl: 'TLS is not supported yet',
  tls: 'TLS is not supported yet',
  transport_socket: 'TLS is not supported yet',
  via: 'only a listener with `protocol: http` has it',
  virtual_hosts: 'only a listener with `protocol: http` has virtual_hosts',
};

/** What to say about an unknown key where these are the known ones. */
export function hintForKey(key: string, known: readonly string[]): string | undefined {
  const replacement = Object.hasOwn(replacements, key) ? replacements[key] : undefined;
  if (replacement !== undefined && known.includes(replacement.split('.')[0] ?? ''))
    return `here it is ${replacement}`;
  return Object.hasOwn(remarks, key) ? remarks[key] : undefined;
}
