import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { listenToSignals } from '../../../src/control/signals.ts';

function listen(platform: NodeJS.Platform): { source: EventEmitter; done: string[]; stop: () => void } {
  const source = new EventEmitter();
  const done: string[] = [];
  const stop = listenToSignals(
    {
      end: (signal) => done.push(`end ${signal}`),
      reload: () => done.push('reload'),
      reopenLogs: () => done.push('reopen'),
    },
    source,
    platform,
  );
  return { source, done, stop };
}

describe('signals', () => {
  test('SIGTERM and SIGINT end, SIGHUP reloads, SIGUSR1 reopens the logs', () => {
    const { source, done } = listen('linux');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1']) source.emit(signal, signal);
    expect(done).toEqual(['end SIGINT', 'end SIGTERM', 'reload', 'reopen']);
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
