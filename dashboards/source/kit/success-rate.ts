/** The figure at the top of a dashboard that everybody looks at first, with the same colours on each. */
import type { PanelDraft } from './panel.ts';
import { shareOf } from './selector.ts';
import { stat } from './stat.ts';

export interface SuccessRate {
  readonly description: string;
  /** Both a second, as instant vectors that are summed up here. */
  readonly errors: string;
  readonly requests: string;
}

export function successRate({ description, errors, requests }: SuccessRate): PanelDraft {
  return stat({
    title: 'Success rate',
    description,
    unit: 'percentunit',
    decimals: 2,
    queries: [{ expr: `1 - ${shareOf(`sum(${errors})`, `sum(${requests})`)}`, legend: 'success' }],
    steps: [
      [null, 'red'],
      [0.99, 'yellow'],
      [0.999, 'green'],
    ],
  });
}
