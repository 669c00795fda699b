/**
 * `meshlock/health`: a library for the health of a program's components, the gate that opens traffic, and the verdict
 * on a release.
 *
 * The room is not built yet: this door holds its vocabulary only, and nothing here reports or decides.
 */

/**
 * What a component says of itself. `degraded` still serves, with something lost; `unhealthy` does not serve; traffic is
 * let in only while every required component is `healthy`.
 */
export const ComponentStatus = ['starting', 'healthy', 'degraded', 'unhealthy', 'stopped'] as const;
export type ComponentStatus = (typeof ComponentStatus)[number];

/** What is said of a release: `inconclusive` is an answer, not yet enough evidence for either of the others. */
export const Verdict = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof Verdict)[number];
