/**
 * One reading over time as SVG: the line, the average it is compared with, the limit from which it would be captured, and
 * its triggers. What reached the limit is drawn in another colour and width: that is where it jumped.
 */
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

/** The scale's top, with the limits that can be shown without losing the line. `limits` may have `null` for none. */
export function topOf(values, limits, unit) {
  const highest = Math.max(0, ...values.filter((value) => value !== null));
  const near = limits.filter((limit) => limit !== null && limit <= highest * farAway);
  const top = roundAbove(Math.max(highest * 1.05, ...near.map((limit) => limit * 1.1)), unit);
  // All there is is a better end than a round number above it.
  return unit === 'share' && Math.max(highest, ...near) <= 1 ? Math.min(1, top) : top;
}

/**
 * `times` and `values` (`null`: a gap) have one length; `averages` and `limits` one more, for the sample that comes next,
 * `intervalMs` after the last. `marks` are `{ at, href, title }`. `width` and `height` in pixels.
 */
export function chart({ times, values, averages, limits, unit, marks, intervalMs, width, height, label }) {
  const top = topOf([...values, ...averages], limits, unit);
  const from = times[0];
  const to = times.at(-1) + intervalMs;
  const x = (at) => gutter.left + ((at - from) / (to - from)) * (width - gutter.left - gutter.right);
  const y = (value) => height - gutter.bottom - (value / top) * (height - gutter.top - gutter.bottom);
  const maxGapMs = 3 * intervalMs;
  const shownLimits = limits.map((limit) => (limit !== null && limit <= top ? limit : null));
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
    s('path', { class: 'line limit', d: path([...times, to], shownLimits, { x, y, maxGapMs }) }),
    s('path', { class: 'line average', d: path([...times, to], averages, { x, y, maxGapMs }) }),
    s('path', { class: 'line value', d: path(times, values, { x, y, maxGapMs }) }),
    s('path', { class: 'line over', d: overPath(times, values, limits, { x, y, maxGapMs }) }),
    lastDot(times, values, { x, y, isOver: isOver(values.at(-1), limits.at(-2)) }),
    ...marks
      .filter(({ at }) => at >= from && at <= to)
      .map((mark) => triggerMark(mark, { x: x(mark.at), bottom: height - gutter.bottom })),
  );
}

export function isOver(value, limit) {
  return typeof value === 'number' && typeof limit === 'number' && value >= limit;
}

/** The way up to every sample that reached its limit, and along those. */
function overPath(times, values, limits, { x, y, maxGapMs }) {
  const parts = [];
  for (const [i, at] of times.entries()) {
    if (!isOver(values[i], limits[i])) continue;
    const point = `${x(at).toFixed(1)} ${y(values[i]).toFixed(1)}`;
    const before = i > 0 && values[i - 1] !== null && at - times[i - 1] <= maxGapMs;
    const start = before ? `${x(times[i - 1]).toFixed(1)} ${y(values[i - 1]).toFixed(1)}` : point;
    parts.push(`M${start}L${point}`);
  }
  return parts.join('');
}

function gridLine(value, unit, { y, width }) {
  return s(
    'g',
    { class: 'grid' },
    s('line', { x1: gutter.left, x2: width - gutter.right, y1: y, y2: y }),
    s('text', { class: 'axis', x: gutter.left - 6, y: y + 4, 'text-anchor': 'end' }, amount(value, unit)),
  );
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

function lastDot(times, values, { x, y, isOver: over }) {
  const last = values.at(-1);
  if (last === null) return null;
  return s('circle', { class: over ? 'last over' : 'last', cx: x(times.at(-1)), cy: y(last), r: 3 });
}

/** Without `href` it leads nowhere: one is there already. */
function triggerMark({ href, title }, { x, bottom }) {
  return s(
    href === undefined ? 'g' : 'a',
    href === undefined ? { class: 'mark' } : { class: 'mark', href, 'aria-label': title },
    s('title', {}, title),
    s('line', { x1: x, x2: x, y1: 12, y2: bottom }),
    // A finger needs more than the line.
    s('rect', { class: 'target', x: x - 12, y: 0, width: 24, height: bottom }),
    s('path', { d: `M${x} 14l-6 -6l6 -6l6 6z` }),
  );
}
