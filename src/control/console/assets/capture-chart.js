/** The reading that led to a capture, as it was then: what the ring held when the rule fired. */
import { amount } from './amount.js';
import { chart } from './chart.js';
import { h } from './element.js';
import { averagesBefore } from './history.js';
import { limitFor } from './limit.js';
import { readingOfRule, readings, rules, ruleTitle } from './vocabulary.js';

const size = { width: 300, height: 118 };

/** `settings`: of the rules, for the limit; `null` while they are not known. `null`: nothing led to it, or it is not told. */
export function captureChart({ rule, at, subject, readings: ring }, settings) {
  if (rule === 'request') return null;
  const reading = readingOfRule(rule);
  const line = ring.values[reading];
  if (line === undefined || line.filter((value) => value !== null).length < 2) return null;
  const { title, unit } = readings[reading];
  // Of the sample that came next nothing is known here.
  const averages = averagesBefore(line).with(line.length, null);
  const [name] = Object.entries(rules).find(([, one]) => one.reading === reading) ?? [];
  const settled = settings?.rules[name];
  const limits = averages
    .map((average) => (settled === undefined ? null : limitFor(average, settled)))
    .with(line.length, null);
  const known = line.filter((value) => value !== null);
  const label = `${title} of ${subject} around the capture: from ${amount(Math.min(...known), unit)} to ${amount(Math.max(...known), unit)}`;
  return h(
    'figure',
    { class: 'led' },
    h('figcaption', {}, h('span', { class: 'title' }, title), h('b', { class: 'now' }, ruleTitle(rule))),
    chart({
      times: ring.times,
      values: line,
      averages,
      limits,
      unit,
      marks: [{ at: Math.min(at, ring.times.at(-1)), title: 'The capture was decided here' }],
      intervalMs: stepOf(ring.times),
      ...size,
      label,
    }),
  );
}

function stepOf(times) {
  return times.length < 2 ? 5000 : Math.max(100, (times.at(-1) - times[0]) / (times.length - 1));
}
