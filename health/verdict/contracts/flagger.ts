/**
 * Flagger's webhooks: it posts, and acts on the status alone. At most 202 passes; 204 and everything else does not; no
 * answer in 10 s does not either. What "passes" means depends on the hook:
 *
 * | hook of ours | type in the Canary         | passes           | does not pass                                    |
 * |--------------|----------------------------|------------------|--------------------------------------------------|
 * | gate         | `confirm-traffic-increase` | weight goes up   | weight is held, and nothing is counted           |
 * | gate         | `confirm-promotion`        | promoted         | waits, and the analysis goes on                  |
 * | check        | `rollout`                  | analysis goes on | held, and counts towards `threshold`: rolled back |
 * | rollback     | `rollback`                 | rolled back now  | goes on                                          |
 * | event        | `event`                    | nothing          | nothing                                          |
 *
 * So "not known yet" may only ever hold the gate: it must pass `check`, and must not pass `rollback`. The hooks follow
 * the action and not the verdict, because they are orders: in a dry run they let everything through.
 */
import type { ReleaseVerdict } from '../verdict.ts';
import { type HookAnswer, lineAnswer } from './hook-answer.ts';

export const FlaggerHook = ['gate', 'check', 'rollback', 'event'] as const;
export type FlaggerHook = (typeof FlaggerHook)[number];

/** `verdict` is null for a release that is not known: held at the gate, never rolled back. */
export function flaggerAnswer(hook: FlaggerHook, verdict: ReleaseVerdict | null): HookAnswer {
  if (hook === 'event') return lineAnswer(202, 'noted');
  const action = verdict === null ? 'pause' : verdict.action;
  return lineAnswer(passes(hook, action) ? 200 : 403, lineOf(verdict));
}

function passes(hook: 'gate' | 'check' | 'rollback', action: ReleaseVerdict['action']): boolean {
  switch (hook) {
    case 'gate':
      return action === 'continue';
    case 'check':
      return action !== 'rollback';
    case 'rollback':
      return action === 'rollback';
  }
}

function lineOf(verdict: ReleaseVerdict | null): string {
  if (verdict === null) return 'inconclusive: no node has reported this release yet';
  const would = verdict.wouldBe === 'rollback' ? 'roll back' : verdict.wouldBe;
  const dry = verdict.dryRun && would !== 'continue' ? ` (dry run: would ${would})` : '';
  return `${verdict.verdict}${dry}: ${verdict.reasons.join(' ')}`;
}

/** What Flagger posts. */
export interface FlaggerCall {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly checksum: string;
  /** What the Canary's author wrote under the hook: `release`, `service`; for events `eventMessage`, `eventType`, `timestamp`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const maxFieldLength = 1024;
const maxMetadata = 64;

/** Null for what is no such call. Texts are cut at 1,024 characters, metadata at 64 entries. */
export function parseFlaggerCall(input: unknown): FlaggerCall | null {
  if (!isRecord(input) || typeof input['name'] !== 'string') return null;
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, maxFieldLength) : '');
  const given = isRecord(input['metadata']) ? Object.entries(input['metadata']).slice(0, maxMetadata) : [];
  return {
    name: text(input['name']),
    namespace: text(input['namespace']),
    phase: text(input['phase']),
    checksum: text(input['checksum']),
    metadata: Object.fromEntries(given.map(([key, value]) => [key.slice(0, maxFieldLength), text(value)])),
  };
}

/** The release that a call is about: named in its metadata, else Flagger's checksum of what is rolled out. */
export function flaggerRelease(call: FlaggerCall): { readonly release: string; readonly service: string } {
  return {
    release: call.metadata['release'] ?? call.checksum,
    service: call.metadata['service'] ?? call.name,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
