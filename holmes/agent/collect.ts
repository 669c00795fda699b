/** Everything the agent knows of handles, put together as plain data that fits into one answer. */
import { systemClock } from '../clock.ts';
import type {
  BufferGroup,
  CreationGroup,
  Frame,
  HandleGroup,
  HandleProfile,
} from '../profile/handle-profile.ts';
import type { BufferSampler } from './buffer-sampler.ts';
import { type CallSites, stackKey } from './call-site.ts';
import type { CreationWindow } from './creation-window.ts';
import type { HandleRegistry } from './handle-registry.ts';
import { describeThing } from './thing.ts';
import type { Warnings } from './warnings.ts';

/** Groups of each sort; the rest is summed up. */
const maxGroups = 500;

/** Stacks not yet in words are put into words for so long; the rest counts as not known. */
const maxSettleMs = 50;

export interface Sources {
  readonly registry: HandleRegistry;
  readonly creations: CreationWindow;
  readonly buffers: BufferSampler;
  readonly warnings: Warnings;
  readonly sites: CallSites;
}

export function collect(sources: Sources): HandleProfile {
  const activeByType = countByType(process.getActiveResourcesInfo());
  const window = sources.creations.take();
  return {
    groups: bounded(
      [...trackedGroups(sources), ...untrackedGroups(sources.registry, activeByType)],
      sumOfHandles,
    ),
    activeByType,
    armedMs: window?.armedMs ?? 0,
    created: bounded(window?.created ?? [], sumOfCreations),
    buffers: bounded(sources.buffers.groups(), sumOfBuffers),
    warnings: sources.warnings.list(),
  };
}

function trackedGroups({ registry, sites }: Sources): readonly HandleGroup[] {
  const now = systemClock.now();
  const keys = new Map<readonly Frame[], string>();
  const groups = new Map<string, HandleGroup>();
  for (const [thing, entry] of registry.entries()) {
    const late = systemClock.now() - now > maxSettleMs && !entry.isSettled;
    const stack = late ? [] : entry.framesBy(sites);
    let key = keys.get(stack);
    if (key === undefined) keys.set(stack, (key = stackKey(stack)));
    const { kind, state, peer, bufferedBytes } = describeThing(thing, entry.kind);
    const groupKey = `${kind} ${state} ${peer}\n${key}`;
    const group = groups.get(groupKey);
    groups.set(groupKey, {
      kind,
      state,
      peer,
      count: (group?.count ?? 0) + 1,
      bufferedBytes: (group?.bufferedBytes ?? 0) + bufferedBytes,
      maxAgeMs: Math.max(group?.maxAgeMs ?? 0, now - entry.madeAt),
      stack,
    });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** What Node counts of each type, less what the registry has told already. */
function untrackedGroups(
  registry: HandleRegistry,
  activeByType: Readonly<Record<string, number>>,
): readonly HandleGroup[] {
  const left = { ...activeByType };
  for (const [thing, entry] of registry.entries()) {
    const { type } = describeThing(thing, entry.kind);
    if (type !== '' && left[type] !== undefined) left[type]--;
  }
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => ({ kind, state: '', peer: '', count, bufferedBytes: 0, maxAgeMs: 0, stack: [] }))
    .sort((a, b) => b.count - a.count);
}

function countByType(types: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const type of types) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

function bounded<Group>(groups: readonly Group[], sum: (rest: readonly Group[]) => Group): readonly Group[] {
  if (groups.length <= maxGroups) return groups;
  return [...groups.slice(0, maxGroups - 1), sum(groups.slice(maxGroups - 1))];
}

function sumOfHandles(rest: readonly HandleGroup[]): HandleGroup {
  return {
    kind: 'other',
    state: '',
    peer: '',
    count: total(rest.map(({ count }) => count)),
    bufferedBytes: total(rest.map(({ bufferedBytes }) => bufferedBytes)),
    maxAgeMs: Math.max(...rest.map(({ maxAgeMs }) => maxAgeMs)),
    stack: [],
  };
}

function sumOfCreations(rest: readonly CreationGroup[]): CreationGroup {
  return {
    kind: 'other',
    created: total(rest.map(({ created }) => created)),
    alive: total(rest.map(({ alive }) => alive)),
    stack: [],
  };
}

function sumOfBuffers(rest: readonly BufferGroup[]): BufferGroup {
  return { bytes: total(rest.map(({ bytes }) => bytes)), stack: [] };
}

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
