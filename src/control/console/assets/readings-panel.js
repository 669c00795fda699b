/**
 * The readings of every subject: the table of all newest ones, then small charts, first those that a rule looks at, the
 * others in a fold.
 */
import { amount } from './amount.js';
import { cardId } from './capture-card.js';
import { chart, isOver } from './chart.js';
import { there } from './clock.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { averagesBefore, RingHistory } from './history.js';
import { limitFor, limitText } from './limit.js';
import { drawMatrix } from './matrix.js';
import { readingOfRule, readings, rules, ruleTitle, states, wordFor } from './vocabulary.js';

const ruledReadings = new Set(Object.values(rules).map(({ reading }) => reading));
const chartHeight = 120;
/** More would be a wall; a click on a subject's name opens the others. The table above has all of them. */
const openSubjects = matchMedia('(max-width: 48rem)').matches ? 1 : 3;

export class ReadingsPanel {
  #histories = new Map();
  #model = { rings: [], subjects: [], captures: [], settings: null };

  constructor() {
    let width = 0;
    new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === width) return;
      width = contentRect.width;
      this.#draw();
    }).observe(byId('charts'));
  }

  /** `rings` may be a later look at the same samples. */
  update(model) {
    this.#model = model;
    for (const ring of model.rings) {
      const history = this.#histories.get(ring.subject) ?? new RingHistory();
      this.#histories.set(ring.subject, history);
      history.add(ring);
    }
    for (const name of this.#histories.keys())
      if (!model.rings.some(({ subject }) => subject === name)) this.#histories.delete(name);
    this.#draw();
  }

  #draw() {
    const { subjects } = this.#model;
    const names = [...this.#histories].filter(([, { times }]) => times.length > 0).map(([name]) => name);
    this.#drawMatrix(names);
    syncList(byId('charts'), names, {
      key: (name) => name,
      create: (name) => this.#section(names.indexOf(name) < openSubjects),
      update: (section, name) =>
        this.#drawSubject(
          section,
          name,
          subjects.find((subject) => subject.name === name),
        ),
    });
  }

  #section(open) {
    const section = h(
      'details',
      { class: 'subject-charts', open },
      h('summary', {}, h('b', {}), ' ', h('span', { class: 'chip state' })),
      h('div', { class: 'charts main' }),
      h(
        'details',
        { class: 'others' },
        h('summary', {}, 'All other readings'),
        h('div', { class: 'charts' }),
      ),
    );
    // What is folded has no width to draw for.
    section.addEventListener('toggle', () => this.#draw());
    section.querySelector('.others').addEventListener('toggle', () => this.#draw());
    return section;
  }

  #drawSubject(section, name, subject) {
    const chip = section.querySelector('.state');
    const state = subject === undefined ? null : wordFor(states, subject.state);
    if (subject?.state === 'stuck' && section.dataset.state !== 'stuck') section.open = true;
    section.dataset.state = subject?.state ?? '';
    setText(section.querySelector('b'), subject?.title ?? name);
    setText(chip, state?.title ?? '');
    setAttribute(chip, 'class', `chip state ${state?.tone ?? 'plain'}`);
    show(chip, state !== null);
    const known = Object.keys(readings).filter((reading) =>
      hasValues(this.#histories.get(name).values[reading]),
    );
    const others = section.querySelector('.others');
    this.#drawCharts(
      section.querySelector('.main'),
      name,
      known.filter((reading) => ruledReadings.has(reading)),
    );
    this.#drawCharts(
      others.querySelector('.charts'),
      name,
      known.filter((reading) => !ruledReadings.has(reading)),
    );
  }

  #drawCharts(place, subject, names) {
    if (place.clientWidth === 0) return;
    syncList(place, names, {
      key: (reading) => reading,
      create: (reading) =>
        h(
          'figure',
          {},
          h(
            'figcaption',
            {},
            h('span', { class: 'title' }, readings[reading].title),
            h('b', { class: 'now' }),
            h('span', { class: 'limits' }),
          ),
          h('div', { class: 'plot' }),
        ),
      update: (figure, reading) => this.#drawChart(figure, subject, reading),
    });
  }

  #drawMatrix(names) {
    const columns = Object.keys(readings).filter((reading) => ruledReadings.has(reading));
    const rows = names.map((subject) => ({
      subject,
      title: this.#model.subjects.find(({ name }) => name === subject)?.title ?? subject,
      cells: columns.map((reading) => this.#cell(subject, reading)),
    }));
    drawMatrix(rows, columns, there());
  }

  #cell(subject, reading) {
    const { values, begins } = this.#histories.get(subject);
    const line = values[reading] ?? [];
    const limit = this.#limits(reading, averagesBefore(line, begins)).at(-2) ?? null;
    return { reading, value: line.at(-1) ?? null, limit, captures: this.#capturesOf(subject, reading) };
  }

  #drawChart(figure, subject, reading) {
    const { unit, title } = readings[reading];
    const { times, values, begins } = this.#histories.get(subject);
    const line = values[reading];
    const averages = averagesBefore(line, begins);
    const limits = this.#limits(reading, averages);
    const marks = this.#marks(subject, reading);
    const over = isOver(line.at(-1), limits.at(-2));
    setAttribute(figure, 'class', over ? 'over-now' : marks.some(({ at }) => at >= times[0]) ? 'struck' : '');
    setText(figure.querySelector('.now'), amount(line.at(-1), unit));
    setText(
      figure.querySelector('.limits'),
      limitText(this.#rule(reading), (value) => amount(value, unit)),
    );
    const plot = figure.querySelector('.plot');
    const width = plot.clientWidth;
    const shown = JSON.stringify([times[0], times.at(-1), width, limits.at(-1), marks]);
    if (width === 0 || plot.dataset.shown === shown) return;
    plot.dataset.shown = shown;
    const focused = plot.contains(document.activeElement)
      ? document.activeElement.getAttribute('href')
      : null;
    const intervalMs = this.#model.settings?.intervalMs ?? 5000;
    const label = chartText({ title, subject, unit, line, averages, limits, marks });
    plot.replaceChildren(
      chart({
        times,
        values: line,
        averages,
        limits,
        unit,
        marks,
        intervalMs,
        width,
        height: chartHeight,
        label,
      }),
    );
    if (focused !== null)
      [...plot.querySelectorAll('a')].find((mark) => mark.getAttribute('href') === focused)?.focus();
  }

  /** Its settings; `undefined` for a reading that no rule looks at, and before they are known. */
  #rule(reading) {
    const found = Object.entries(rules).find(([, rule]) => rule.reading === reading);
    return found === undefined ? undefined : this.#model.settings?.rules[found[0]];
  }

  /** One for each of `averages`. */
  #limits(reading, averages) {
    const rule = this.#rule(reading);
    return averages.map((average) => (rule === undefined ? null : limitFor(average, rule)));
  }

  #capturesOf(subject, reading) {
    return this.#model.captures.filter(
      (record) => record.subject === subject && readingOfRule(record.rule) === reading,
    );
  }

  #marks(subject, reading) {
    return this.#capturesOf(subject, reading).map(({ id, at, rule, diagnosis }) => ({
      at,
      href: `#${cardId(id)}`,
      title: `Capture, ${ruleTitle(rule)}: ${diagnosis.sentence}`,
    }));
  }
}

/** What the picture shows, in words. */
function chartText({ title, subject, unit, line, averages, limits, marks }) {
  const known = line.filter((value) => value !== null);
  const reached = line.filter((value, i) => isOver(value, limits[i])).length;
  return [
    `${title} of ${subject}: now ${amount(line.at(-1), unit)}`,
    `average before ${amount(averages.at(-2), unit)}`,
    `between ${amount(Math.min(...known), unit)} and ${amount(Math.max(...known), unit)} in ${known.length} samples`,
    limits.at(-1) === null ? 'no limit' : `limit ${amount(limits.at(-1), unit)}`,
    reached > 0 ? `reached it ${reached} times` : 'never reached it',
    `${marks.length} ${marks.length === 1 ? 'trigger' : 'triggers'}`,
  ].join(', ');
}

function hasValues(line) {
  return line !== undefined && line.some((value) => value !== null);
}
