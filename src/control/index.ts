export {
  type ConfigOverrides,
  type ConfigSource,
  FileSource,
  fixedSource,
  withOverrides,
} from './config-source.ts';
export { type AggregateOptions, launchAggregator } from './aggregate/launch.ts';
export { type LaunchOptions, launch } from './launch.ts';
