/**
 * The whole life of a proxy process around its control plane: signals, drain, crash, exit code. Returns instead of
 * exiting, except where only the kernel can still end it.
 */
import { MessageChannel } from 'node:worker_threads';
import { type Clock, formatAddress, formatProblem, MeshlockError } from '../base/index.ts';
import type { Log } from '../telemetry/control.ts';
import type { ControlOptions } from './control-parts.ts';
import { ControlPlane } from './control-plane.ts';
import { installCrashHandler } from './crash-handler.ts';
import { listenToSignals } from './signals.ts';
import { seconds } from './thread-exit.ts';

export interface ProcessOptions extends Omit<ControlOptions, 'onQuit'> {
  /** Monotonic milliseconds at which the process began, for the log. */
  readonly beganAtMs: number;
  /** Of an error that kept the process from starting. */
  exitCodeOf(error: MeshlockError): number;
}

/** For the last log lines to leave a process that is about to be killed. */
const lastWordsMs = 100;

/** Runs until the process should end and returns its exit code: 0 ended in order, 1 failed or told not to wait. */
export async function runProcess(options: ProcessOptions): Promise<number> {
  const { log, clock, beganAtMs } = options;
  const ended = Promise.withResolvers<number>();
  // Timers do not hold the process. While the only data thread waits to be replaced, nothing else may.
  const { port1: hold } = new MessageChannel();
  hold.ref();
  const plane = new ControlPlane({ ...options, onQuit: () => void drain('POST /quitquitquit') });
  let isDraining = false;
  let isAborted = false;

  const drain = async (cause: string): Promise<void> => {
    if (isDraining) return;
    isDraining = true;
    log.info(`${cause}: draining; a signal now ends at once`);
    const { cut, unanswered } = await plane.drain();
    if (cut > 0) log.warn(`${cut} connections were cut at the end of drain_timeout`, { cut });
    if (unanswered.length > 0) log.warn('data threads did not drain', { threads: unanswered });
    if (!isAborted) ended.resolve(0);
  };
  const quit = (signal: string): void => {
    isAborted = true;
    log.warn(`${signal} while draining: ending at once`);
    ended.resolve(1);
  };
  const removeCrashHandler = installCrashHandler({ log, end: () => void leave(plane, 1, clock) });
  const removeSignals = listenToSignals({
    end: (signal) => {
      if (isDraining) quit(signal);
      else void drain(signal);
    },
    reload: () => void plane.reload(),
    reopenLogs: () => void plane.reopenLogs(),
  });
  plane.start().then(
    () => {
      if (!isDraining) report(plane, log, clock.now() - beganAtMs);
    },
    (error: unknown) => {
      // What fails because it was told to stop is no failure.
      if (isDraining) return;
      if (!(error instanceof MeshlockError)) throw error;
      reportFailure(error, log);
      ended.resolve(options.exitCodeOf(error));
    },
  );
  const code = await ended.promise;
  const isClean = await (isAborted ? plane.abort() : plane.close());
  removeSignals();
  removeCrashHandler();
  hold.close();
  if (isClean) log.info('ended', { code });
  else await kill(log, clock);
  return code;
}

function report(plane: ControlPlane, log: Log, tookMs: number): void {
  const threads = plane.threadCount === 1 ? '1 data thread' : `${plane.threadCount} data threads`;
  log.info(`started in ${seconds(tookMs)} s with ${threads}`, { startMs: Math.round(tookMs) });
  const { waitingFor } = plane;
  for (const { name, kind, address } of plane.listening) {
    const does = waitingFor === null ? `accepts ${kind}` : 'waits for the gate before it accepts';
    log.info(`listener ${name} ${does} on ${formatAddress(address)}`);
  }
  if (waitingFor !== null) log.warn(`the gate is closed: ${waitingFor.join('; ')}`, { waitingFor });
  const admin = plane.adminAddress;
  if (admin !== null) log.info(`admin API and metrics on http://${formatAddress(admin)}`);
}

function reportFailure(error: MeshlockError, log: Log): void {
  log.fatal(`cannot start: ${error.message}`, {
    code: error.code,
    problems: error.problems.map(formatProblem),
  });
}

/** After a crash of the control thread: its promises cannot be trusted any more, so nothing is awaited but the threads. */
async function leave(plane: ControlPlane, code: number, clock: Clock): Promise<void> {
  const isClean = await plane.abort();
  if (!isClean) {
    await pause(lastWordsMs, clock);
    process.kill(process.pid, 'SIGKILL');
  }
  process.exit(code);
}

/** `process.exit` waits for every worker, so with one stuck in native code it would never return. */
async function kill(log: Log, clock: Clock): Promise<void> {
  log.error('a data thread is stuck in native code: the process kills itself');
  await pause(lastWordsMs, clock);
  process.kill(process.pid, 'SIGKILL');
}

function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
