/**
 * A release pipeline in small: rolls version 1.1.0 of `cart` out over a real local mesh and asks the aggregator for its
 * verdict until there is one.
 *
 *   node examples/release/local/pipeline.ts good           goes through, exit code 0
 *   node examples/release/local/pipeline.ts application    the new application fails one call in five: exit code 1
 *   node examples/release/local/pipeline.ts node           the new node loses one call in five: exit code 1
 *
 * Exit code 3: no verdict in time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ReleaseVerdict } from '../../../health/verdict/verdict.ts';
import { LocalMesh } from '../../mesh/local-mesh.ts';
import { type Fault, faultPlan, newVersion } from './rollout.ts';

const release = '2026-11-20.3';
const patienceMs = 120_000;
const pollMs = 2000;

const faults: Readonly<Record<string, Fault>> = {
  good: { where: 'nowhere', share: 0 },
  application: { where: 'application', share: 0.2 },
  node: { where: 'node', share: 0.2 },
};

async function ask({ aggregator }: LocalMesh): Promise<ReleaseVerdict> {
  const url = `${aggregator.url}/v1/releases/${encodeURIComponent(release)}/verdict?service=cart`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${aggregator.token}` } });
  if (!answer.ok) throw new Error(`the aggregator answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as ReleaseVerdict;
}

function show({ verdict, wouldBe, reasons, suspects }: ReleaseVerdict): void {
  console.log(`  ${verdict} (${wouldBe})`);
  for (const reason of reasons) console.log(`  - ${reason}`);
  for (const { sentence } of suspects) console.log(`  - suspect: ${sentence}`);
}

/** An answer that has all it will have: a failing release with the module that is to blame. */
function isFinal({ verdict, suspects }: ReleaseVerdict): boolean {
  return verdict === 'pass' || (verdict === 'fail' && suspects.length > 0);
}

async function main(): Promise<number> {
  const fault = faults[process.argv[2] ?? 'good'];
  if (fault === undefined) {
    console.error(`expected one of ${Object.keys(faults).join(', ')}`);
    return 2;
  }
  const mesh = new LocalMesh(faultPlan(fault, release));
  try {
    await mesh.start();
    await mesh.announce({ service: 'cart', release, version: newVersion });
    console.log(`release ${release}: cart ${newVersion} takes half of the calls`);
    const deadlineMs = performance.now() + patienceMs;
    let said = '';
    while (performance.now() < deadlineMs) {
      const verdict = await ask(mesh);
      const line = verdict.reasons[0] ?? '';
      if (line !== said) show(verdict);
      said = line;
      if (isFinal(verdict)) {
        show(verdict);
        return verdict.verdict === 'pass' ? 0 : 1;
      }
      await delay(pollMs);
    }
    console.log('no verdict in time: the rollout stays where it is');
    return 3;
  } finally {
    await mesh.stop();
  }
}

process.exitCode = await main();
