export {
  type ConfigOverrides,
  type ConfigSource,
  FileSource,
  fixedSource,
  withOverrides,
} from './config-source.ts';
export { type ProcessOptions, runProcess } from './process-life.ts';
