/** The control thread's door to this room: health checks, outlier verdicts, who belongs to a cluster. */
export type { EndpointDescription } from './endpoint-description.ts';
export type { CheckResult, Health } from './health-check/endpoint-checker.ts';
export type { Probe, ProbeResult } from './health-check/probe.ts';
export { ClusterMembership, type ClusterMembershipOptions, type MembershipEvent } from './membership.ts';
