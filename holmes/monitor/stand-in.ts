/**
 * The process has no profile of its own: when one of its readings fires, the thread that most likely caused it is
 * captured. Pure.
 */
import type { ReadingName } from '../reading.ts';
import { type Rule, type RuleName, ruleTable } from '../rule/rule.ts';
import type { CaptureKind } from '../subject/subject.ts';
import type { Post } from './post.ts';

export interface StandIn {
  readonly post: Post;
  readonly kind: CaptureKind;
}

/** `null`: there is no thread that can give it. */
export function standInFor(post: Post, name: RuleName, rule: Rule, threads: readonly Post[]): StandIn | null {
  const kind: CaptureKind = ruleTable[name].capture;
  if (post.subject.captures.includes(kind)) return { post, kind };
  const able = threads.filter((thread) => thread.subject.kind === 'thread' && thread.isWatched);
  if (able.length === 0) return null;
  switch (name) {
    case 'rss':
      return ofMemory(able);
    case 'descriptors':
      return { post: highest(able, (thread) => newest(thread, 'sockets')), kind };
    default:
      return ofReading(able, name, rule);
  }
}

/** A thread whose own reading is too low for the rule has not caused it: the process has threads that nobody watches. */
function ofReading(threads: readonly Post[], name: RuleName, { min }: Rule): StandIn | null {
  const { reading, capture } = ruleTable[name];
  const post = highest(threads, (thread) => newest(thread, reading));
  return newest(post, reading) < min ? null : { post, kind: capture };
}

/** Where most memory was added: on the heap, or outside of it, where a heap profile sees nothing. */
function ofMemory(threads: readonly Post[]): StandIn {
  const growth = (thread: Post) => growthOf(thread, 'heap_bytes') + growthOf(thread, 'external_bytes');
  const post = highest(threads, growth);
  const isOutside = growthOf(post, 'external_bytes') > growthOf(post, 'heap_bytes');
  return { post, kind: isOutside ? 'handles' : 'heap' };
}

function highest(threads: readonly Post[], weight: (thread: Post) => number): Post {
  return threads.reduce((best, thread) => (weight(thread) > weight(best) ? thread : best));
}

function newest(thread: Post, name: ReadingName): number {
  return thread.ring.valuesOf(name).at(-1) ?? 0;
}

function growthOf(thread: Post, name: ReadingName): number {
  const values = thread.ring.valuesOf(name);
  return (values.at(-1) ?? 0) - (values.at(0) ?? 0);
}
