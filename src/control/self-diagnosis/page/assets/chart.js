/** One reading over time as SVG: the line, the average it is compared with, the limits of its rule, and its triggers. */
import { amount, clockTime } from './amount.js';
import { s } from './element.js';

const gutter = { left: 52, right: 8, top: 16, bottom: 18 };
/** A limit so far above everything that was read would flatten the line; it is told in words instead. */
const farAway = 4;

/**
 * The top of the scale: the round number at or above `value`, in tens, or, of bytes, in powers of two. Never 0.
 */
export function roundAbove(value, unit) {
  if (!(value > 0)) return unit === 'share' ? 0.1 : 1;
  const base =
    unit === 'bytes' ? 1024 ** Math.floor(Math.log2(value) / 10) : 10 ** Math.floor(Math.log10(value));
  const steps = unit === 'bytes' ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 4, 5, 6, 8, 10];
  // 0.1 + 0.2 must not be more than 0.3 here.
  return base * steps.find((step) => step * base >= value * (1 - 1e-9));
}

/** The scale's top, with every limit that can be shown without losing the line. */
export function topOf(values, limits, unit) {
  const highest = Math.max(0, ...values.filter((value) => value !== null));
  const near = limits.map(({ value }) => value).filter((value) => value <= highest * farAway);
  const top = roundAbove(Math.max(highest * 1.05, ...near.map((value) => value * 1.1)), unit);
  // All there is is a better end than a round number above it.
  return unit === 'share' && Math.max(highest, ...near) <= 1 ? Math.min(1, top) : top;
}

/**
 * `times` and `values` (`null`: a gap) have one length, `averages` one more, for the sample that comes next, `intervalMs`
 * after the last. `limits` are `{ name, value }`, `marks` `{ at, href, title }`. `width` and `height` in pixels.
 */
export function chart({ times, values, averages, unit, limits, marks, intervalMs, width, height, label }) {
  const top = topOf([...values, ...averages], limits, unit);
  const from = times[0];
  const to = times.at(-1) + intervalMs;
  const x = (at) => gutter.left + ((at - from) / (to - from)) * (width - gutter.left - gutter.right);
  const y = (value) => height - gutter.bottom - (value / top) * (height - gutter.top - gutter.bottom);
  const maxGapMs = 3 * intervalMs;
  const shown = limits.filter(({ value }) => value <= top);
  const last = values.findLast((value) => value !== null) ?? 0;
  const isNear = (value) => Math.abs(y(value) - y(last)) < 16;
  return s(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': label },
    ...[0, top / 2, top].map((value) => gridLine(value, unit, { y: y(value), width })),
    s('text', { class: 'axis', x: gutter.left, y: height - 4 }, clockTime(from)),
    s(
      'text',
      { class: 'axis', x: x(times.at(-1)), y: height - 4, 'text-anchor': 'end' },
      clockTime(times.at(-1)),
    ),
    ...shown.flatMap(({ name, value }) =>
      limitLine(`${name} ${amount(value, unit)}`, name, { y: y(value), width, crowded: isNear(value) }),
    ),
    s('path', { class: 'line average', d: path([...times, to], averages, { x, y, maxGapMs }) }),
    s('path', { class: 'line value', d: path(times, values, { x, y, maxGapMs }) }),
    lastDot(times, values, { x, y }),
    ...marks
      .filter(({ at }) => at >= from && at <= to)
      .map((mark) => triggerMark(mark, { x: x(mark.at), bottom: height - gutter.bottom })),
  );
}

function gridLine(value, unit, { y, width }) {
  return s(
    'g',
    { class: 'grid' },
    s('line', { x1: gutter.left, x2: width - gutter.right, y1: y, y2: y }),
    s('text', { class: 'axis', x: gutter.left - 6, y: y + 4, 'text-anchor': 'end' }, amount(value, unit)),
  );
}

/** Told at the right, or, where the line ends there, at the left. */
function limitLine(text, name, { y, width, crowded }) {
  const place = crowded
    ? { x: gutter.left + 2, 'text-anchor': 'start' }
    : { x: width - gutter.right - 2, 'text-anchor': 'end' };
  return [
    s('line', { class: `limit ${name}`, x1: gutter.left, x2: width - gutter.right, y1: y, y2: y }),
    s('text', { class: `limit-label ${name}`, y: y - 3, ...place }, text),
  ];
}

/** A lone sample between two gaps is a line of no length, which round ends make a dot. */
function path(times, values, { x, y, maxGapMs }) {
  let pen = 'M';
  let before = -Infinity;
  const parts = [];
  for (const [i, at] of times.entries()) {
    const value = values[i];
    if (value === null) {
      pen = 'M';
      continue;
    }
    if (at - before > maxGapMs) pen = 'M';
    const point = `${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    parts.push(pen === 'M' ? `M${point}L${point}` : `L${point}`);
    pen = 'L';
    before = at;
  }
  return parts.join('');
}

function lastDot(times, values, { x, y }) {
  const last = values.at(-1);
  return last === null ? null : s('circle', { class: 'last', cx: x(times.at(-1)), cy: y(last), r: 3 });
}

function triggerMark({ href, title }, { x, bottom }) {
  return s(
    'a',
    { class: 'mark', href, 'aria-label': title },
    s('title', {}, title),
    s('line', { x1: x, x2: x, y1: 12, y2: bottom }),
    // A finger needs more than the line.
    s('rect', { class: 'target', x: x - 12, y: 0, width: 24, height: bottom }),
    s('path', { d: `M${x} 14l-6 -6l6 -6l6 6z` }),
  );
}
