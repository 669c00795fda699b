/** Starts the proxy: first the data threads, then the rest of the control thread's own code while they load theirs. */
import type { ProcessOptions } from './process-life.ts';

export interface LaunchOptions extends Omit<ProcessOptions, 'supply' | 'log'> {
  /** Module of the data thread. */
  readonly entry: URL;
}

/** Runs until the process should end and returns its exit code. */
export async function launch(options: LaunchOptions): Promise<number> {
  const { config, entry } = options;
  const { ThreadSupply } = await import('./thread-supply.ts');
  const supply = new ThreadSupply(config, entry);
  const [{ createLog }, { runProcess }] = await Promise.all([
    import('../telemetry/control.ts'),
    import('./process-life.ts'),
  ]);
  return runProcess({ ...options, supply, log: createLog(config.log.level, config.log.format) });
}
