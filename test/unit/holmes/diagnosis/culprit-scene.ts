/** Puts a culprit into a watched thread: what is normal there first, and then a capture of what it does. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CulpritOptions } from '../../../../examples/culprits/culprit.ts';
import type { CulpritName } from '../../../../examples/culprits/table.ts';
import { systemClock } from '../../../../holmes/clock.ts';
import { WorkerLinks } from '../../../../holmes/link/worker-links.ts';
import type { CpuProfile } from '../../../../holmes/profile/cpu-profile.ts';
import type { HandleProfile } from '../../../../holmes/profile/handle-profile.ts';
import type { HeapProfile } from '../../../../holmes/profile/heap-profile.ts';
import { defaultSettings } from '../../../../holmes/settings.ts';
import { WorkerSubject } from '../../../../holmes/subject/worker-subject.ts';

/** What was recorded, before and after, of the kind that shows the culprit. */
export type Recording =
  | { readonly kind: 'cpu'; readonly quiet: CpuProfile; readonly profile: CpuProfile }
  | { readonly kind: 'heap'; readonly quiet: HeapProfile; readonly profile: HeapProfile }
  | { readonly kind: 'handles'; readonly quiet: HandleProfile; readonly profile: HandleProfile };

export interface Scene {
  readonly name: CulpritName;
  readonly kind: Recording['kind'];
  readonly options?: CulpritOptions;
  /** Of a CPU profile. */
  readonly lastsMs: number;
  /** A heap or handle profile is taken after so many. */
  readonly strikes: number;
}

export async function record(scene: Scene): Promise<Recording> {
  const worker = new Worker(new URL('culprit-thread.ts', import.meta.url), {
    workerData: { name: scene.name, options: scene.options ?? {} },
    stderr: true,
  });
  const links = new WorkerLinks();
  const subject = new WorkerSubject({
    worker,
    name: 'data-2',
    title: 'data thread 2',
    links,
    clock: systemClock,
    recorder: defaultSettings.recorder,
  });
  try {
    await Promise.all([once(worker, 'message'), subject.start()]);
    const strike = async (strikes: number): Promise<void> => {
      worker.postMessage('strike');
      for (let done = 0; done < strikes; ) {
        const [message] = (await once(worker, 'message')) as [{ readonly strikes: number }];
        done = message.strikes;
      }
    };
    if (scene.kind === 'heap') {
      const quiet = await subject.heapProfile();
      await strike(scene.strikes);
      return { kind: 'heap', quiet, profile: await subject.heapProfile() };
    }
    if (scene.kind === 'handles') {
      const quiet = await subject.handles(0);
      await strike(scene.strikes);
      return { kind: 'handles', quiet, profile: await subject.handles(300) };
    }
    const quiet = await subject.cutCpu({ beforeMs: 0, afterMs: 700 });
    await strike(1);
    return { kind: 'cpu', quiet, profile: await subject.cutCpu({ beforeMs: 0, afterMs: scene.lastsMs }) };
  } finally {
    await subject.close();
    links.close();
    await worker.terminate();
  }
}
