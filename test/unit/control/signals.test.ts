import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { listenToSignals } from '../../../src/control/signals.ts';

function listen(platform: NodeJS.Platform): { source: EventEmitter; done: string[]; stop: () => void } {
  const source = new EventEmitter();
  const done: string[] = [];
  const stop = listenToSignals(
    {
      drain: (signal) => done.push(`drain ${signal}`),
      quit: (signal) => done.push(`quit ${signal}`),
      reload: () => done.push('reload'),
      reopenLogs: () => done.push('reopen'),
    },
    source,
    platform,
  );
  return { source, done, stop };
}

describe('signals', () => {
  test('the first SIGTERM or SIGINT drains, any further one quits', () => {
    const { source, done } = listen('linux');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT']) source.emit(signal, signal);
    expect(done).toEqual(['drain SIGINT', 'quit SIGTERM', 'quit SIGINT']);
  });

  test('SIGHUP reloads and SIGUSR1 reopens the logs, also while draining', () => {
    const { source, done } = listen('linux');
    for (const signal of ['SIGHUP', 'SIGTERM', 'SIGUSR1']) source.emit(signal, signal);
    expect(done).toEqual(['reload', 'drain SIGTERM', 'reopen']);
  });

  test('leaves out SIGUSR1 where there is none, and everything once stopped', () => {
    const { source, done, stop } = listen('win32');
    source.emit('SIGUSR1', 'SIGUSR1');
    stop();
    source.emit('SIGTERM', 'SIGTERM');
    expect(done).toEqual([]);
    expect(source.eventNames()).toEqual([]);
  });
});
