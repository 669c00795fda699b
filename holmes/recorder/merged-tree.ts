/** Call trees of one thread laid over each other: children of one node with the same function are one. */
import type { CpuProfile, CpuProfileNode } from '../profile/cpu-profile.ts';

interface MergedNode {
  readonly id: number;
  readonly callFrame: CpuProfileNode['callFrame'];
  readonly children: Map<string, MergedNode>;
  readonly ticks: Map<number, number>;
  hitCount: number;
}

export class MergedTree {
  /** Of the first root that was added. */
  readonly rootId: number = 1;
  readonly #nodes: MergedNode[] = [];

  /** Adds a profile's nodes; returns the new id of each. */
  add({ nodes }: CpuProfile): ReadonlyMap<number, number> {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const ids = new Map<number, number>();
    const root = nodes[0];
    if (root === undefined) return ids;
    // A stack of its own: a tree may be deeper than the one that would recurse over it.
    const open = [{ source: root, target: this.#nodes[0] ?? this.#create(root) }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { source, target } = next;
      ids.set(source.id, target.id);
      target.hitCount += source.hitCount ?? 0;
      for (const { line, ticks } of source.positionTicks ?? []) {
        target.ticks.set(line, (target.ticks.get(line) ?? 0) + ticks);
      }
      for (const id of source.children ?? []) {
        const child = byId.get(id);
        if (child !== undefined) open.push({ source: child, target: this.#childOf(target, child) });
      }
    }
    return ids;
  }

  nodes(): readonly CpuProfileNode[] {
    return this.#nodes.map(({ id, callFrame, children, ticks, hitCount }) => ({
      id,
      callFrame,
      hitCount,
      children: [...children.values()].map((child) => child.id),
      positionTicks: [...ticks].map(([line, count]) => ({ line, ticks: count })),
    }));
  }

  #childOf(parent: MergedNode, { callFrame }: CpuProfileNode): MergedNode {
    const { functionName, scriptId, url, lineNumber, columnNumber } = callFrame;
    const key = `${scriptId}\n${lineNumber}\n${columnNumber}\n${functionName}\n${url}`;
    let child = parent.children.get(key);
    if (child === undefined) {
      child = this.#create({ callFrame });
      parent.children.set(key, child);
    }
    return child;
  }

  #create({ callFrame }: Pick<CpuProfileNode, 'callFrame'>): MergedNode {
    const node: MergedNode = {
      id: this.#nodes.length + 1,
      callFrame,
      children: new Map(),
      ticks: new Map(),
      hitCount: 0,
    };
    this.#nodes.push(node);
    return node;
  }
}
