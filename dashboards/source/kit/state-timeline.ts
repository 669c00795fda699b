/** States over time, one lane for each series, with a text and a colour for each value. */
import {
  LegendDisplayMode,
  LegendPlacement,
  TimelineValueAlignment,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { describePanel, mapping, type Meanings, type PanelDraft, type PanelText } from './panel.ts';

export interface StateTimelineOptions extends PanelText {
  readonly meanings: Meanings;
}

export function stateTimeline(options: StateTimelineOptions): PanelDraft {
  const builder = new PanelBuilder()
    .mappings([mapping(options.meanings)])
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .alignValue(TimelineValueAlignment.Left)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
  describePanel(builder, options);
  return builder;
}
