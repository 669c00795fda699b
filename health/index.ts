/**
 * `meshlock/health`: a library for the health of a program's components, the gate that opens traffic, what a node counts
 * of its calls, who is to blame in a fleet, and the verdict on a release.
 */
export { AggregateServer } from './aggregate/server.ts';
export type { Answer } from './aggregate/answer.ts';
export type { Asked, Route } from './aggregate/routes.ts';
export { Aggregator } from './aggregate/aggregator.ts';
export { AggregateSettingsError, parseAggregateSettings } from './aggregate/parse-settings.ts';
export { type AggregateSettings, defaultAggregateSettings } from './aggregate/settings.ts';
export * from './static.ts';
export { EpochCounter } from './observe/epoch-counter.ts';
export type { EpochReport } from './observe/epoch-report.ts';
export { observeHttp } from './observe/observe-http.ts';
export { ReportSender } from './observe/report-sender.ts';
export { FailureOrigin, type Peer, Viewpoint } from './observe/viewpoint.ts';
export { infer } from './infer/infer.ts';
export { joinEpochs, mergeEvidence } from './infer/join.ts';
export type { Evidence, Suspect } from './infer/evidence.ts';
export { judgeRelease } from './verdict/judge-release.ts';
export { Action, type ReleaseVerdict, Verdict } from './verdict/verdict.ts';
