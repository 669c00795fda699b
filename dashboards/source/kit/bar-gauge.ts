/** One bar for each query, in their order: for things that have an order of their own, like the viewpoints of a call. */
import {
  BarGaugeDisplayMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import { describePanel, type PanelDraft, type PanelText, type Step, thresholds } from './panel.ts';

export interface BarGaugeOptions extends PanelText {
  readonly steps: readonly Step[];
}

export function barGauge(options: BarGaugeOptions): PanelDraft {
  const builder = new PanelBuilder()
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .min(0)
    .thresholds(thresholds(options.steps));
  describePanel(builder, options);
  return builder;
}
