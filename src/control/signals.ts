/**
 * Signals of the process, with Envoy's meanings where it has them: SIGTERM and SIGINT end it, SIGHUP reads the
 * configuration again, SIGUSR1 reopens the log files. Node starts its inspector on SIGUSR1 unless somebody listens;
 * listening here also means that nobody can open a debugging port from outside.
 */

export interface SignalActions {
  /** In order at first; at once when it has been called before. */
  end(signal: NodeJS.Signals): void;
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
  const handlers: [NodeJS.Signals, (signal: NodeJS.Signals) => void][] = [
    ['SIGTERM', actions.end],
    ['SIGINT', actions.end],
    ['SIGHUP', () => actions.reload()],
  ];
  // Windows has no SIGUSR1.
  if (platform !== 'win32') handlers.push(['SIGUSR1', () => actions.reopenLogs()]);
  for (const [signal, run] of handlers) source.on(signal, run);
  return () => {
    for (const [signal, run] of handlers) source.off(signal, run);
  };
}
