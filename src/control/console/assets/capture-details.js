/** What stands behind a capture's sentence: suspects, live stacks, the readings around it, the program. */
import { amount, duration, share } from './amount.js';
import { h } from './element.js';
import { timeOfDay } from './moment.js';
import { kinds, readings, wordFor } from './vocabulary.js';

export function captureDetails(record) {
  return h(
    'div',
    { class: 'details' },
    suspectTable(record),
    ...stackBlocks(record),
    readingTable(record),
    factList(record),
  );
}

function suspectTable({ kind, diagnosis: { suspects } }) {
  if (suspects.length === 0) return h('p', { class: 'none' }, 'No place in the source stands out.');
  const { unit } = wordFor(kinds, kind);
  return table(
    'stacking',
    'Suspects',
    ['Share', 'Before', 'Amount', 'Place', 'What', 'Belongs to'],
    suspects.map((suspect) => [
      shareBar(suspect.share),
      suspect.before === null ? '–' : share(suspect.before),
      amount(suspect.amount, unit),
      placeOf(suspect.place),
      suspect.construct ?? '–',
      suspect.owner || '–',
    ]),
  );
}

function shareBar(value) {
  const bar = h('span', { class: 'bar' }, share(value));
  bar.style.setProperty('--share', String(Math.min(1, Math.max(0, value))));
  return bar;
}

function placeOf({ functionName, file, line, url }) {
  const at = h('code', { title: url }, `${file}:${line}`);
  return h('span', {}, h('b', {}, functionName || '(anonymous)'), ' ', at);
}

function stackBlocks({ stacks }) {
  return stacks.map(({ at, frames }, i) =>
    h(
      'section',
      {},
      h('h4', {}, `Live stack ${stacks.length > 1 ? `${i + 1} of ${stacks.length} ` : ''}at `, timeOfDay(at)),
      h(
        'ol',
        { class: 'stack plain' },
        ...frames.map(({ functionName, url, line, column }) =>
          h(
            'li',
            {},
            h('b', {}, functionName || '(anonymous)'),
            ' ',
            h('code', {}, `${url}:${line}:${column}`),
          ),
        ),
      ),
    ),
  );
}

function readingTable({ at, readings: ring }) {
  const firstAfter = ring.times.findIndex((time) => time > at);
  const end = firstAfter < 0 ? ring.times.length : firstAfter;
  const rows = Object.keys(readings)
    .filter((name) => name in ring.values)
    .map((name) => {
      const { title, unit } = readings[name];
      const line = ring.values[name];
      const before = line
        .slice(Math.max(0, end - 11), Math.max(0, end - 1))
        .filter((value) => value !== null);
      const average =
        before.length === 0 ? null : before.reduce((sum, value) => sum + value, 0) / before.length;
      const after = firstAfter < 0 ? null : line.at(-1);
      return [title, amount(average, unit), amount(line[end - 1], unit), amount(after, unit)];
    });
  if (rows.length === 0) return null;
  return table('plain-table', 'Readings', ['Reading', 'Average before', 'At the trigger', 'After'], rows);
}

function factList({ id, from, to, kernel, program, decisionId }) {
  const state = kernel && [
    kernel.kind,
    kernel.waitChannel && `in ${kernel.waitChannel}`,
    kernel.systemCall && `system call ${kernel.systemCall}`,
  ];
  const facts = [
    ['Capture', id],
    ['Covers', h('span', {}, timeOfDay(from), ' to ', timeOfDay(to), ` (${duration(to - from)})`)],
    ['Decision', String(decisionId)],
    ['Thread, says the kernel', state?.filter(Boolean).join(', ') ?? ''],
    ['Program', `${program.name} ${program.version}`.trim()],
    ['Configuration', program.configuration],
    ['Process', `${program.pid} on ${program.host}, Node ${program.node.replace('v', '')}`],
  ];
  const shown = facts.filter(([, value]) => value !== '');
  return h(
    'dl',
    { class: 'facts' },
    ...shown.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

/** Cells are texts or elements; each carries its heading, for the layout that stacks them on a narrow screen. */
function table(layout, caption, headings, rows) {
  const line = (cells) =>
    h('tr', {}, ...cells.map((cell, i) => h('td', { 'data-heading': headings[i] }, cell)));
  const head = h('tr', {}, ...headings.map((heading) => h('th', { scope: 'col' }, heading)));
  const body = h('tbody', {}, ...rows.map(line));
  return h('table', { class: layout }, h('caption', {}, caption), h('thead', {}, head), body);
}
