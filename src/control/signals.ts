/**
 * Signals of the process, with Envoy's meanings where it has them: SIGTERM and SIGINT drain and exit, a second one exits
 * at once; SIGHUP reads the configuration again; SIGUSR1 reopens the log files. Node starts its inspector on SIGUSR1
 * unless somebody listens; listening here also means that nobody can open a debugging port from outside.
 */

export interface SignalActions {
  /** The first SIGTERM or SIGINT. */
  drain(signal: NodeJS.Signals): void;
  /** Any further one. */
  quit(signal: NodeJS.Signals): void;
  reload(): void;
  reopenLogs(): void;
}

interface SignalSource {
  on(signal: NodeJS.Signals, run: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, run: (signal: NodeJS.Signals) => void): unknown;
}

/** Returns how to stop listening. */
export function listenToSignals(
  actions: SignalActions,
  source: SignalSource = process,
  platform: NodeJS.Platform = process.platform,
): () => void {
  let isEnding = false;
  const end = (signal: NodeJS.Signals) => {
    if (isEnding) actions.quit(signal);
    else {
      isEnding = true;
      actions.drain(signal);
    }
  };
  const handlers: [NodeJS.Signals, (signal: NodeJS.Signals) => void][] = [
    ['SIGTERM', end],
    ['SIGINT', end],
    ['SIGHUP', () => actions.reload()],
  ];
  // Windows has no SIGUSR1.
  if (platform !== 'win32') handlers.push(['SIGUSR1', () => actions.reopenLogs()]);
  for (const [signal, run] of handlers) source.on(signal, run);
  return () => {
    for (const [signal, run] of handlers) source.off(signal, run);
  };
}
