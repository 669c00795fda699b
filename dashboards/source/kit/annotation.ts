/** Marks on the time axis: what happened at a moment, so that a bend in a line has something beside it. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dataSource } from './panel.ts';
import { ofNodes, top, withNode } from './selector.ts';

interface MomentOptions {
  readonly name: string;
  /** Its value is the moment, in milliseconds of Unix time. */
  readonly expr: string;
  readonly title: string;
  readonly text: string;
  readonly tags: readonly string[];
  readonly colour: string;
}

/** Only moments in the range that is shown: a series that tells of one long ago still has its value. */
function moment({ name, expr, title, text, tags, colour }: MomentOptions): Builder<AnnotationQuery> {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(dataSource)
    .enable(true)
    .hide(false)
    .iconColor(colour)
    .expr(top(100, `${expr} >= $__from`))
    .step('15s')
    .useValueForTime(true)
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(tags.join(','));
}

/** What has triggered a capture. */
export const triggers: Builder<AnnotationQuery> = moment({
  name: 'Captures',
  expr: withNode(`(${ofNodes('meshlock_holmes_last_capture_timestamp_seconds')} * 1000)`),
  title: '{{rule}} of {{subject}} on {{node_id}}',
  text: 'A {{kind}} capture was taken: http://{{instance}}/captures/{{capture}}',
  tags: ['rule', 'subject', 'kind'],
  colour: 'purple',
});

/** Also after a crash of the process. */
export const starts: Builder<AnnotationQuery> = moment({
  name: 'Starts',
  expr: withNode(`(${ofNodes('process_start_time_seconds')} * 1000)`),
  title: '{{node_id}} started',
  text: 'http://{{instance}}',
  tags: ['node_id'],
  colour: 'blue',
});

/** Alerts of `alerts/` while they fire. */
export const firing: Builder<AnnotationQuery> = new AnnotationQueryBuilder()
  .name('Alerts')
  .datasource(dataSource)
  .enable(true)
  .hide(false)
  .iconColor('red')
  .expr('max by (alertname, severity) (ALERTS{alertname=~"Meshlock.+", alertstate="firing"})')
  .step('15s')
  .useValueForTime(false)
  .titleFormat('{{alertname}}')
  .textFormat('{{severity}}')
  .tagKeys('alertname,severity');
