/** A context for diagnoses, with what a test does not care about filled in. */
import { ProfileBaseline } from '../../../../holmes/baseline/profile-baseline.ts';
import type { DiagnosisContext } from '../../../../holmes/diagnosis/context.ts';

export function exampleContext(changes: Partial<DiagnosisContext> = {}): DiagnosisContext {
  return {
    title: 'data thread 2',
    occasion: 'request',
    detail: '',
    baseline: new ProfileBaseline(),
    readings: { subject: 'data-2', times: [], values: {} },
    stacks: [],
    kernel: null,
    at: 1_800_000_000_000,
    fileName: () => null,
    ownerOf: () => '',
    sourceLine: () => null,
    ...changes,
  };
}
