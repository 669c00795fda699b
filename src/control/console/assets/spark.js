/** A line without axes beside a number: how it got there. What it shows is told in words as well. */
import { s } from './element.js';

const padding = 2;

/** `values` may have `null` for a gap; `slots`: how many there would be in a full line. `text`: in place of the picture. */
export function spark(values, { width, height, slots, text, tone = '' }) {
  const top = Math.max(0, ...values.filter((value) => value !== null && Number.isFinite(value)));
  const x = (i) => padding + ((slots - values.length + i) / Math.max(1, slots - 1)) * (width - 2 * padding);
  const y = (value) => height - padding - (top > 0 ? Math.min(value, top) / top : 0) * (height - 2 * padding);
  const runs = runsOf(values);
  const line = runs.map(
    (run) => `M${run.map(([i, value]) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('L')}`,
  );
  const ground = runs.map(
    (run) =>
      `M${x(run[0][0]).toFixed(1)} ${height - padding}L${run.map(([i, value]) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('L')}L${x(run.at(-1)[0]).toFixed(1)} ${height - padding}Z`,
  );
  return s(
    'svg',
    {
      class: `spark ${tone}`,
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': text,
    },
    s('line', { x1: 0, x2: width, y1: height - 1, y2: height - 1 }),
    s('path', { class: 'ground', d: ground.join('') }),
    s('path', { d: line.join('') }),
  );
}

/** Pieces without a gap, as pairs of place and value. */
function runsOf(values) {
  const runs = [];
  let open = null;
  for (const [i, value] of values.entries()) {
    if (value === null || value === undefined) {
      open = null;
      continue;
    }
    if (open === null) runs.push((open = []));
    open.push([i, value]);
  }
  return runs;
}
