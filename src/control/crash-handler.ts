/**
 * The end of a control thread that has failed: an error that nobody caught means its state cannot be trusted, so it says
 * why and leaves, and whoever runs the process starts it again. Without this an unhandled rejection would print a bare
 * stack past the log.
 */
import type { ControlLog } from './log.ts';

export interface CrashHandlerOptions {
  readonly log: Pick<ControlLog, 'fatal'>;
  /** Ends the process; called once. */
  readonly end: () => void;
}

/** Returns how to remove it again. */
export function installCrashHandler({ log, end }: CrashHandlerOptions): () => void {
  let hasCrashed = false;
  // Node raises unhandled rejections as uncaught exceptions, so this one event is all.
  const onError = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) => {
    if (hasCrashed) return;
    hasCrashed = true;
    try {
      log.fatal(`the control thread failed: ${messageOf(error)}`, { origin, stack: stackOf(error) });
    } finally {
      end();
    }
  };
  process.on('uncaughtException', onError);
  return () => process.off('uncaughtException', onError);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
