/** Lines over time. What a figure is compared with is dashed: its average grey, its limit red. */
import {
  AxisPlacement,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import {
  dataLinks,
  describePanel,
  type Link,
  type PanelDraft,
  type PanelText,
  type Query,
  refId,
  type Step,
  thresholds,
} from './panel.ts';

export interface TimeSeriesOptions extends PanelText {
  readonly min?: number;
  readonly max?: number;
  readonly stacked?: boolean;
  /** For figures over several powers of ten. */
  readonly logarithmic?: boolean;
  /** Drawn as lines across the panel. */
  readonly steps?: readonly Step[];
  readonly links?: readonly Link[];
}

export function timeSeries(options: TimeSeriesOptions): PanelDraft {
  const builder = new PanelBuilder()
    .lineWidth(1)
    .fillOpacity(options.stacked === true ? 30 : 8)
    .axisPlacement(AxisPlacement.Auto)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  describePanel(builder, options);
  if (options.min !== undefined) builder.min(options.min);
  if (options.max !== undefined) builder.max(options.max);
  if (options.stacked === true) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (options.logarithmic === true)
    builder.scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
  if (options.steps !== undefined)
    builder
      .thresholds(thresholds(options.steps))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  if (options.links !== undefined) builder.dataLinks(dataLinks(options.links));
  for (const [index, { line }] of options.queries.entries())
    if (line !== undefined) builder.overrideByQuery(refId(index), dashed(line));
  return builder;
}

function dashed(line: NonNullable<Query['line']>): DynamicConfigValue[] {
  return [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: line === 'limit' ? [10, 6] : [3, 6] } },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'color', value: { mode: 'fixed', fixedColor: line === 'limit' ? 'red' : 'text' } },
  ];
}
