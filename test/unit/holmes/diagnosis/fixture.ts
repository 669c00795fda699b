/** A recorded culprit, as it lies in `fixtures/`. */
import { readFileSync } from 'node:fs';
import type { CulpritName } from '../../../../examples/culprits/table.ts';
import { ProfileBaseline } from '../../../../holmes/baseline/profile-baseline.ts';
import type { DiagnosisContext } from '../../../../holmes/diagnosis/context.ts';
import { diagnoseCpu, diagnoseHandles, diagnoseHeap } from '../../../../holmes/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../../holmes/diagnosis/diagnosis.ts';
import type { Recording } from './culprit-scene.ts';
import { exampleContext } from './example-context.ts';
import type { Expected } from './scenes.ts';

export interface Fixture {
  readonly name: CulpritName;
  /** Version that recorded it. */
  readonly node: string;
  readonly expected: Expected;
  /** Of the culprit's file. */
  readonly source: string;
  readonly recording: Recording;
}

export function readFixture(name: CulpritName): Fixture {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as Fixture;
}

/** With what was quiet as the baseline, three minutes before. */
export function diagnose(recording: Recording, changes: Partial<DiagnosisContext>): Diagnosis {
  const baseline = new ProfileBaseline();
  const context = exampleContext({ baseline, ...changes });
  const before = context.at - 180_000;
  switch (recording.kind) {
    case 'cpu':
      baseline.addCpu(recording.quiet);
      return diagnoseCpu(recording.profile, context);
    case 'heap':
      baseline.setHeap(recording.quiet, before);
      return diagnoseHeap(recording.profile, context);
    default:
      baseline.addHandles(recording.quiet, before);
      return diagnoseHandles(recording.profile, context);
  }
}
