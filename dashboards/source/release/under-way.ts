/** What the aggregator says of releases under way, as expressions. */
import type { Meanings } from '../kit/panel.ts';
import { ofAggregator } from '../kit/selector.ts';

export const theService = 'service=~"$service"';

const ofRelease = ['service', 'version', 'release'];

export const releaseLegend = '{{service}} {{version}} ({{release}})';

export const ofReleases = (gauge: string, ...matchers: readonly string[]): string =>
  `max by (${ofRelease.join(', ')}) (${ofAggregator(gauge, theService, ...matchers)})`;

export const verdict: string = ofReleases('meshlock_release_verdict');

export const evidence: string = ofReleases('meshlock_release_evidence');

export const evidenceLimit: string = `max(${ofAggregator('meshlock_release_evidence_limit')})`;

export const neededCalls: string = ofReleases('meshlock_release_needed_calls');

/** 0 to 2, one series for each release: the action is a label, and one of the three series is 1. */
export const actionNumber: string = `${ofReleases('meshlock_release_action', 'action="pause"')} + 2 * ${ofReleases('meshlock_release_action', 'action="rollback"')}`;

export const actionMeanings: Meanings = {
  '0': ['continue', 'green'],
  '1': ['pause', 'yellow'],
  '2': ['rollback', 'red'],
};

const byArm = [...ofRelease, 'arm'];

export const callsByArm: string = `max by (${byArm.join(', ')}) (${ofAggregator('meshlock_release_calls', theService)})`;

export const failuresByArm: string = `max by (${byArm.join(', ')}) (${ofAggregator('meshlock_release_failures', theService)})`;
