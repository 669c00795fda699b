export type { LocatedProblem } from './document-fault.ts';
export { configJsonSchema } from './json-schema.ts';
export { loadConfig, loadDocument } from './load.ts';
export type * from './model.ts';
export { formatLocatedProblem, type ParseOptions, parseConfig } from './parse.ts';
export { type QuickOptions, quickConfig } from './quick.ts';
export { redactConfig } from './redact.ts';
export { ConfigWatcher, type ConfigWatcherOptions } from './watcher.ts';
