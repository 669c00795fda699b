export type { DocumentFormat, LocatedProblem, Position } from './document.ts';
export { configJsonSchema } from './json-schema.ts';
export { loadConfig } from './load.ts';
export type * from './model.ts';
export { formatLocatedProblem, type ParseOptions, parseConfig } from './parse.ts';
export { type QuickOptions, quickConfig } from './quick.ts';
export { type Json, redactConfig } from './redact.ts';
export { ConfigWatcher, type ConfigWatcherOptions } from './watcher.ts';
