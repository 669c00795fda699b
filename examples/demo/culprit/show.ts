/** Shows one culprit: a proxy with it in a filter, load, the first strike, and the capture that follows by itself. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CaptureRecord } from '../../../holmes/index.ts';
import { type CulpritName, culprits } from '../../culprits/table.ts';
import { createApplication } from '../application.ts';
import { freePort, listen } from '../listening.ts';
import { isReady, repository, startProxy } from '../proxy.ts';
import { Load } from './load.ts';
import { type Scene, sceneConfiguration } from './scene.ts';

export interface Shown {
  readonly culprit: string;
  readonly summary: string;
  /** `null`: no capture came in time. */
  readonly capture: CaptureRecord | null;
  /** The first suspect is the function, in the file, that was planted. */
  readonly named: boolean;
  /** From the first strike until the profile was in hand and explained. */
  readonly tookMs: number;
}

/** Readings before the first strike, so that there is an average. */
const quietMs = 8000;
const patienceMs = 40_000;
const wantedListenerPort = 8080;
const wantedAdminPort = 9901;

export async function show(scene: Scene): Promise<Shown> {
  const folder = await mkdtemp(join(tmpdir(), 'meshlock-culprit-'));
  const application = createApplication('a');
  const ports = {
    application: await listen(application),
    listener: await freePort(wantedListenerPort),
    admin: await freePort(wantedAdminPort),
  };
  const file = join(folder, 'meshlock.yaml');
  const filter = join(repository, 'examples', 'culprits', 'filter.ts');
  await writeFile(file, sceneConfiguration(scene, ports, join(folder, 'captures'), filter));
  const proxy = startProxy(file);
  const ended = once(proxy, 'exit');
  try {
    if (!(await isReady(proxy, ports.admin))) throw new Error('the proxy did not become ready');
    return await strike(scene, ports);
  } finally {
    proxy.kill('SIGKILL');
    await ended;
    application.close();
    application.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  }
}

async function strike(scene: Scene, ports: { listener: number; admin: number }): Promise<Shown> {
  const { name, summary, guilty, file, capture: kind } = culprits[scene.culprit as CulpritName]();
  const load = new Load(ports.listener);
  try {
    await delay(quietMs);
    const before = new Set((await captures(ports.admin)).map(({ id }) => id));
    const beganMs = performance.now();
    if (scene.strikes === 'once') load.strikeOnce();
    else load.strike(scene.rate);
    const isNaming = ({ diagnosis }: CaptureRecord): boolean => {
      const place = diagnosis.suspects[0]?.place;
      return (
        diagnosis.certainty === 'named' &&
        place?.functionName.endsWith(guilty) === true &&
        place.file.endsWith(file)
      );
    };
    const fresh = async (): Promise<CaptureRecord[]> =>
      (await captures(ports.admin)).filter((record) => record.kind === kind && !before.has(record.id));
    while (performance.now() - beganMs < patienceMs) {
      const found = (await fresh()).find(isNaming);
      if (found !== undefined) {
        return { culprit: name, summary, capture: found, named: true, tookMs: performance.now() - beganMs };
      }
      await delay(25);
    }
    const [unclear = null] = await fresh();
    return { culprit: name, summary, capture: unclear, named: false, tookMs: performance.now() - beganMs };
  } finally {
    load.stop();
  }
}

async function captures(admin: number): Promise<CaptureRecord[]> {
  const answer = await fetch(`http://127.0.0.1:${admin}/captures?format=json`);
  if (!answer.ok) throw new Error(`GET /captures: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as CaptureRecord[];
}
