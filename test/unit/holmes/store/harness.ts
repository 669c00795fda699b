/** A store in a directory of its own, with a clock that is moved by hand and a log that is kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HolmesLog } from '../../../../holmes/log.ts';
import { type Disk, machineDisk } from '../../../../holmes/store/disk.ts';
import { DiskStore } from '../../../../holmes/store/disk-store.ts';
import type { StoreLimits } from '../../../../holmes/store/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { wideLimits } from './example-capture.ts';

export class LogLines implements HolmesLog {
  readonly lines: string[] = [];

  info(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.lines.push(`info ${message} ${JSON.stringify(fields ?? {})}`);
  }

  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.lines.push(`warn ${message} ${JSON.stringify(fields ?? {})}`);
  }
}

export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'holmes-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface OpenStore {
  readonly store: DiskStore;
  readonly directory: string;
  readonly clock: ManualClock;
  readonly log: LogLines;
}

export async function openStore({
  directory = join(temporaryDirectory(), 'captures'),
  limits = {},
  clock = new ManualClock(),
  disk = {},
}: {
  directory?: string;
  limits?: Partial<StoreLimits>;
  clock?: ManualClock;
  disk?: Partial<Disk>;
} = {}): Promise<OpenStore> {
  const log = new LogLines();
  const allDisk = { ...machineDisk, ...disk };
  const store = new DiskStore({ directory, limits: { ...wideLimits, ...limits }, clock, log, disk: allDisk });
  await store.open();
  onTestFinished(() => {
    const closed = store.close();
    // For a disk that hangs until the end.
    clock.advance(10_000);
    return closed;
  });
  return { store, directory, clock, log };
}

/** As the file system says it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: said by the test`), { code });
}
