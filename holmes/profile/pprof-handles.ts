/**
 * Handles as pprof, as Go shows its goroutines: a stack says where a thing was made, a pseudo frame below it what it is,
 * and labels what cannot be in a stack.
 */
import type { Frame, HandleProfile } from './handle-profile.ts';
import { PprofBuilder, type PprofFrame, type ProfileMeta } from './pprof-builder.ts';

/** `created` and `external` stand beside what is alive, so that one file holds all that was found. */
const sampleKinds = [
  { type: 'handles', unit: 'count' },
  { type: 'buffered', unit: 'bytes' },
  { type: 'age', unit: 'milliseconds' },
  { type: 'created', unit: 'count' },
  { type: 'external', unit: 'bytes' },
];

const siteUnknown: PprofFrame = pseudoFrame('[creation site unknown]');

/** Gzipped pprof. The age of a sample is that of its oldest handle; warnings and what Node counts become comments. */
export async function encodeHandles(profile: HandleProfile, meta: ProfileMeta): Promise<Uint8Array> {
  const builder = new PprofBuilder(sampleKinds, 0);
  for (const group of profile.groups) {
    const { kind, state, peer } = group;
    const values = [group.count, group.bufferedBytes, group.maxAgeMs, 0, 0];
    builder.add(stackOf(kind, group.stack), values, { kind, state, peer });
  }
  for (const { kind, created, stack } of profile.created)
    builder.add(stackOf(kind, stack), [0, 0, 0, created, 0], { kind, state: 'created' });
  for (const { bytes, stack } of profile.buffers)
    builder.add(stackOf('buffer', stack), [0, 0, 0, 0, bytes], { kind: 'buffer' });
  const comments = [...meta.comments, ...commentsOf(profile)];
  return builder.encode({ ...meta, comments }, { durationMs: profile.armedMs, period: 1 });
}

function commentsOf(profile: HandleProfile): readonly string[] {
  const comments = Object.entries(profile.activeByType).map(([type, count]) => `active ${type}: ${count}`);
  if (profile.armedMs > 0) {
    const created = profile.created.reduce((sum, group) => sum + group.created, 0);
    comments.push(`created in a window of ${profile.armedMs} ms: ${created}`);
  }
  for (const warning of profile.warnings) comments.push(`${warning.name}: ${warning.message}`);
  return comments;
}

function stackOf(kind: string, stack: readonly Frame[]): readonly PprofFrame[] {
  const frames = stack.map(({ functionName, url, line }) => ({ functionName, url, line, startLine: 0 }));
  return [pseudoFrame(`[${kind}]`), ...(frames.length === 0 ? [siteUnknown] : frames)];
}

function pseudoFrame(functionName: string): PprofFrame {
  return { functionName, url: '', line: 0, startLine: 0 };
}
