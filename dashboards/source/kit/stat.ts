/** One figure, large, for the row at the top: is something wrong, and where does one go on. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import {
  dataLinks,
  describePanel,
  type Link,
  mapping,
  type Meanings,
  type PanelDraft,
  type PanelText,
  type Step,
  thresholds,
} from './panel.ts';

export interface StatOptions extends PanelText {
  /** Without them the figure has no colour: it is neither good nor bad. */
  readonly steps?: readonly Step[];
  readonly meanings?: Meanings;
  readonly links?: readonly Link[];
  readonly decimals?: number;
}

export function stat(options: StatOptions): PanelDraft {
  const { steps, meanings, links, decimals } = options;
  const builder = new PanelBuilder()
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .graphMode(BigValueGraphMode.Area)
    .colorMode(BigValueColorMode.Value)
    .textMode(BigValueTextMode.Auto)
    .thresholds(thresholds(steps ?? [[null, 'text']]));
  describePanel(builder, options);
  if (decimals !== undefined) builder.decimals(decimals);
  if (meanings !== undefined) builder.mappings([mapping(meanings)]);
  if (links !== undefined) builder.dataLinks(dataLinks(links));
  return builder;
}
