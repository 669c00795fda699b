export { type NameAnswer, NameLookupError } from './dns/name-answer.ts';
export type { NameLookup } from './dns/name-lookup.ts';
export { type NameState, StrictDns, type StrictDnsOptions } from './dns/strict-dns.ts';
