/** What a pipeline should do about a finding, and how far it may go by itself. */
import type { Suspect } from '../infer/evidence.ts';
import type { Finding } from './finding.ts';
import type { ReleaseInput } from './release-input.ts';
import type { Action } from './verdict.ts';
import type { VerdictSettings } from './verdict-settings.ts';
import { percent } from './words.ts';

export interface ActionContext {
  readonly fleet: ReleaseInput['fleet'];
  readonly suspects: readonly Suspect[];
  readonly settings: VerdictSettings;
}

export interface ActionDecision {
  readonly action: Action;
  /** Why it is another than the verdict suggests. */
  readonly reasons: readonly string[];
}

/** Rollback on a fail that the cap allows, pause while not known, continue on a pass that no suspect speaks against. */
export function decideAction(finding: Finding, { fleet, suspects, settings }: ActionContext): ActionDecision {
  if (finding.verdict === 'fail') {
    const share = fleet.nodes > 0 ? (fleet.canaryNodes + fleet.touched) / fleet.nodes : 1;
    if (share <= settings.maxFleetShare) return { action: 'rollback', reasons: [] };
    const why =
      fleet.nodes > 0
        ? `A rollback would bring automatic actions to ${percent(share)} of the service's nodes`
        : 'How many nodes the service has is not known';
    const allowed = `${percent(settings.maxFleetShare)} are allowed without a person: it only pauses.`;
    return { action: 'pause', reasons: [`${why}; ${allowed}`] };
  }
  if (finding.verdict === 'inconclusive') return { action: 'pause', reasons: [] };
  const own = suspects.find(({ version }) => version === finding.canary.version);
  if (own === undefined) return { action: 'continue', reasons: [] };
  // Few enough calls fail, and yet part of the new version breaks some of them: a person should look before more do.
  return {
    action: 'pause',
    reasons: [`It passes, but ${own.node} of ${own.version} is under suspicion: it pauses.`],
  };
}
