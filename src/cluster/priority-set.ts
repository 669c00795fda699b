/**
 * The endpoints of a cluster by priority, each priority with its share of the load and its balancer. Immutable: built
 * when endpoints, weights or health change; a priority in which nothing changed keeps its balancer and where that stood.
 */
import type { Clock, Random } from '../base/index.ts';
import type { BalancerConfig, SlowStartConfig } from '../config/index.ts';
import type { Balancer } from './balancer/balancer.ts';
import { balancerOf } from './balancer/table.ts';
import type { Endpoint } from './endpoint.ts';
import { mix32 } from './mix.ts';
import { priorityLoads } from './priority-load.ts';

export interface PriorityLevel {
  readonly priority: number;
  /** What the balancer picks from: the usable endpoints, or all in panic. */
  readonly members: readonly Endpoint[];
  readonly balancer: Balancer;
  readonly panic: boolean;
  /** Share of the load, 0..1. */
  readonly share: number;
  /** The shares of this and all preferred priorities together. */
  readonly upTo: number;
  /** What the balancer was built from, to tell whether it still holds. */
  readonly marks: Float64Array;
}

export interface PriorityOptions {
  readonly balancer: BalancerConfig;
  readonly slowStart: SlowStartConfig | null;
  readonly panicThreshold: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** XORed into a hash before it chooses a priority, so that this choice and the balancer's are independent. */
const priorityMark = 0x9e3779b9;

export class PrioritySet {
  readonly levels: readonly PriorityLevel[];
  /** The one that takes all load, where there is such a one. */
  readonly #only: PriorityLevel | null;

  /** `before`: the set to take balancers over from, built with the same options. */
  constructor(endpoints: readonly Endpoint[], options: PriorityOptions, before: PrioritySet | null) {
    const groups = byPriority(endpoints);
    const usable = groups.map(([, group]) => group.filter((endpoint) => endpoint.usable));
    const loads = priorityLoads(
      groups.map(([, group], i) => ({ total: group.length, usable: usable[i]!.length })),
      options.panicThreshold,
    );
    let upTo = 0;
    this.levels = groups.map(([priority, group], i) => {
      const { share, panic } = loads[i]!;
      upTo += share;
      const members = panic ? group : usable[i]!;
      const marks = marksOf(members);
      const known = before?.levels.find((level) => level.priority === priority);
      const balancer =
        known !== undefined && holds(known, members, marks)
          ? known.balancer
          : balancerOf(options.balancer.kind).create({
              endpoints: members,
              config: options.balancer,
              slowStart: options.slowStart,
              clock: options.clock,
              random: options.random,
            });
      return { priority, members, balancer, panic, share, upTo, marks };
    });
    this.#only = this.levels.find((level) => level.share > 1 - 1e-9) ?? null;
  }

  /** True when a hash is needed to choose a priority. */
  get divided(): boolean {
    return this.#only === null && this.levels.length > 0;
  }

  /** The priority that this hash falls to; `null` for a cluster without endpoints. */
  levelFor(hash: number): PriorityLevel | null {
    if (this.#only !== null) return this.#only;
    const levels = this.levels;
    const point = mix32(hash ^ priorityMark) / 4294967296;
    for (let i = 0; i < levels.length; i++) {
      if (point < levels[i]!.upTo) return levels[i]!;
    }
    // The shares' rounding error: the last priority that has any load.
    for (let i = levels.length - 1; i >= 0; i--) {
      if (levels[i]!.share > 0) return levels[i]!;
    }
    return null;
  }
}

function byPriority(endpoints: readonly Endpoint[]): [number, Endpoint[]][] {
  const groups = new Map<number, Endpoint[]>();
  for (const endpoint of endpoints) {
    const group = groups.get(endpoint.state.priority);
    if (group === undefined) groups.set(endpoint.state.priority, [endpoint]);
    else group.push(endpoint);
  }
  return [...groups].sort((a, b) => a[0] - b[0]);
}

function marksOf(members: readonly Endpoint[]): Float64Array {
  const marks = new Float64Array(members.length * 2);
  for (let i = 0; i < members.length; i++) {
    marks[2 * i] = members[i]!.state.weight;
    marks[2 * i + 1] = members[i]!.state.usableSinceMs;
  }
  return marks;
}

function holds(level: PriorityLevel, members: readonly Endpoint[], marks: Float64Array): boolean {
  return (
    level.members.length === members.length &&
    level.members.every((endpoint, i) => endpoint === members[i]) &&
    level.marks.every((mark, i) => mark === marks[i])
  );
}
