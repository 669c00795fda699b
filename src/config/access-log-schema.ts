/** Access logs: where their lines go and what stands in them. */
import * as z from 'zod';
import { block, choice, list, reading } from './block.ts';
import { accessLogDefaults } from './defaults.ts';
import type { AccessLogConfig, AccessLogFormat } from './model.ts';
import { accessLogProblems } from '../telemetry/index.ts';
import { type Reading, read, refuse } from './reading.ts';
import { text } from './scalar-schema.ts';

const defaultText: AccessLogFormat = { kind: 'text', template: accessLogDefaults.text };
const defaultJson: AccessLogFormat = { kind: 'json', fields: accessLogDefaults.json };

const template = reading(z.string({ error: 'text' }).meta({ pattern: '^(text|json)$|%' }), readTemplate);

const operatorText = reading(text(1024), (value) => checkOperators(value, (line) => line));

const fields = z
  .record(text(128, 1), operatorText, { error: 'a mapping of field names to command operators' })
  .transform((value): AccessLogFormat => ({ kind: 'json', fields: value }));

const accessLog = block({
  path: text(4096, 1).describe(
    'A file, or `/dev/stdout`, or `/dev/stderr`. Relative to the directory of this file.',
  ),
  format: choice('text, json, a line with % operators, or a mapping of fields', [template, fields])
    .prefault('text')
    .describe(
      '`text` or `json` (the default fields), a line of command operators, or a mapping of JSON fields to operators.',
    ),
})
  .transform((value): AccessLogConfig => value)
  .meta({
    id: 'access_log',
    description: "One line for each finished exchange, in Envoy's command operators.",
  });

const pathAlone = text(4096, 1).transform((path): AccessLogConfig => ({ path, format: defaultText }));

const one = choice('a file, or a mapping with path and format', [pathAlone, accessLog]);

export const accessLogsSchema: z.ZodType<AccessLogConfig[]> = choice('a file or a list of access logs', [
  pathAlone.transform((log) => [log]),
  list(one, 'access logs'),
]);

/** A line without an operator would say the same for every request: a mistyped `json`, most likely. */
function readTemplate(value: string): Reading<AccessLogFormat> {
  if (value === 'text') return read(defaultText);
  if (value === 'json') return read(defaultJson);
  if (!value.includes('%') || value.length > 4096) {
    return refuse('text, json, or a line with command operators such as %RESPONSE_CODE%');
  }
  return checkOperators(value.replace(/\n$/, ''), (line) => ({ kind: 'text', template: line }));
}

/** The first thing that is wrong with the operators is enough to go and look. */
function checkOperators<T>(value: string, toResult: (value: string) => T): Reading<T> {
  const [problem] = accessLogProblems(value);
  return problem === undefined
    ? read(toResult(value))
    : refuse(`command operators of the access log (${problem})`);
}
