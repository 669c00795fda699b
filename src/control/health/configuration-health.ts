/** The configuration: where it comes from, which one is in force, and what was wrong with the last that was offered. */
import { formatProblem, type Problem } from '../../base/index.ts';
import type { ComponentReport } from '../../../health/static.ts';

export interface ConfigurationFacts {
  readonly origin: string;
  /** 0: none is in force yet. */
  readonly version: number;
  /** Unix milliseconds at which it came into force. */
  readonly appliedAtMs: number;
  /** The last reload that was refused, unless one was applied since. */
  readonly refused: { readonly atMs: number; readonly problems: readonly Problem[] } | null;
  /** Settings that wait for a restart. */
  readonly waiting: readonly string[];
}

/** A refused reload degrades it: the one in force goes on working, but it is not what somebody wants it to be. */
export function configurationReport(facts: ConfigurationFacts): ComponentReport {
  const { origin, version, appliedAtMs, refused, waiting } = facts;
  if (version === 0) return { status: 'starting', detail: 'none is in force yet', items: [], itemCount: 0 };
  const inForce = `version ${version} of ${origin}, in force since ${new Date(appliedAtMs).toISOString()}`;
  const problems = (refused?.problems ?? []).map((problem, index) => ({
    name: `problem ${index + 1}`,
    status: 'degraded' as const,
    detail: formatProblem(problem),
  }));
  const restart = waiting.map((name) => ({
    name,
    status: 'healthy' as const,
    detail: 'was changed and waits for a restart',
  }));
  const items = [...problems, ...restart];
  return {
    status: refused === null ? 'healthy' : 'degraded',
    detail:
      refused === null
        ? inForce
        : `a reload was refused at ${new Date(refused.atMs).toISOString()}: ${counted(problems.length)}; ${inForce}`,
    items: items.slice(0, 100),
    itemCount: items.length,
  };
}

function counted(problems: number): string {
  return problems === 1 ? '1 problem' : `${problems} problems`;
}
