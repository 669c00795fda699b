/**
 * Profiles of compiled programs with the places where the code was written: URLs and lines through source maps. What has
 * no map stays as it is, and a profile without any mapped file is returned itself.
 */
import type { CallFrame, CpuProfile, CpuProfileNode } from '../profile/cpu-profile.ts';
import type { Frame, HandleProfile, StackSample } from '../profile/handle-profile.ts';
import type { HeapProfile, HeapProfileNode } from '../profile/heap-profile.ts';
import type { SourceFiles } from './source-files.ts';

type Files = Pick<SourceFiles, 'place'>;

export function cpuAsWritten(profile: CpuProfile, files: Files): CpuProfile {
  const nodes = profile.nodes.map((node) => nodeAsWritten(node, files));
  return nodes.some((node, at) => node !== profile.nodes[at]) ? { ...profile, nodes } : profile;
}

export function heapAsWritten(profile: HeapProfile, files: Files): HeapProfile {
  const head = heapNodeAsWritten(profile.head, files);
  return head === profile.head ? profile : { ...profile, head };
}

export function handlesAsWritten(profile: HandleProfile, files: Files): HandleProfile {
  const map = <Group extends { readonly stack: readonly Frame[] }>(
    groups: readonly Group[],
  ): readonly Group[] =>
    groups.map((group) => ({ ...group, stack: group.stack.map((frame) => frameAsWritten(frame, files)) }));
  return {
    ...profile,
    groups: map(profile.groups),
    created: map(profile.created),
    buffers: map(profile.buffers),
    warnings: map(profile.warnings),
  };
}

export function stacksAsWritten(stacks: readonly StackSample[], files: Files): readonly StackSample[] {
  return stacks.map(({ at, frames }) => ({
    at,
    frames: frames.map((frame) => frameAsWritten(frame, files)),
  }));
}

function nodeAsWritten(node: CpuProfileNode, files: Files): CpuProfileNode {
  const { url } = node.callFrame;
  const callFrame = callFrameAsWritten(node.callFrame, files);
  if (callFrame === node.callFrame) return node;
  const ticks = new Map<number, number>();
  for (const tick of node.positionTicks ?? []) {
    const written = files.place(url, tick.line, 1);
    // A tick whose line was written in another file is of a function that was made part of this one.
    const line = written.file === callFrame.url ? written.line : callFrame.lineNumber + 1;
    ticks.set(line, (ticks.get(line) ?? 0) + tick.ticks);
  }
  const positionTicks = [...ticks].map(([line, count]) => ({ line, ticks: count }));
  return { ...node, callFrame, ...(positionTicks.length === 0 ? {} : { positionTicks }) };
}

function heapNodeAsWritten(node: HeapProfileNode, files: Files): HeapProfileNode {
  const callFrame = callFrameAsWritten(node.callFrame, files);
  const children = node.children.map((child) => heapNodeAsWritten(child, files));
  const same = callFrame === node.callFrame && children.every((child, at) => child === node.children[at]);
  return same ? node : { ...node, callFrame, children };
}

function callFrameAsWritten(frame: CallFrame, files: Files): CallFrame {
  if (!isFile(frame.url)) return frame;
  const { file, line } = files.place(frame.url, frame.lineNumber + 1, frame.columnNumber + 1);
  return file === frame.url ? frame : { ...frame, url: file, lineNumber: line - 1, columnNumber: 0 };
}

function frameAsWritten(frame: Frame, files: Files): Frame {
  if (!isFile(frame.url)) return frame;
  const { file, line } = files.place(frame.url, frame.line, frame.column);
  return file === frame.url ? frame : { ...frame, url: file, line, column: 1 };
}

function isFile(url: string): boolean {
  return url !== '' && !url.startsWith('node:');
}
