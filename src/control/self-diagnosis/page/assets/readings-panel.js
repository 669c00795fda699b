/** The readings of every subject as small charts: first those that a rule looks at, the others in a fold. */
import { amount } from './amount.js';
import { cardId } from './capture-card.js';
import { chart } from './chart.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { averagesBefore, RingHistory } from './history.js';
import { readingOfRule, readings, rules, ruleTitle, states, wordFor } from './vocabulary.js';

const ruledReadings = new Set(Object.values(rules).map(({ reading }) => reading));
const chartHeight = 120;
/** More would be a wall; a click on a subject's name opens the others. */
const openSubjects = 3;

export class ReadingsPanel {
  #histories = new Map();
  #model = { rings: [], subjects: [], captures: [], settings: null };

  constructor() {
    let width = 0;
    new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === width) return;
      width = contentRect.width;
      this.#draw();
    }).observe(byId('readings'));
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
    syncList(byId('readings'), names, {
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

  #drawChart(figure, subject, reading) {
    const { times, values } = this.#histories.get(subject);
    const { title, unit } = readings[reading];
    const line = values[reading];
    const averages = averagesBefore(line);
    const limits = this.#limits(reading);
    const marks = this.#marks(subject, reading);
    setText(figure.querySelector('.now'), amount(line.at(-1), unit));
    setText(
      figure.querySelector('.limits'),
      limits.map(({ name, value }) => `${name} ${amount(value, unit)}`).join(', '),
    );
    const plot = figure.querySelector('.plot');
    const width = plot.clientWidth;
    const shown = JSON.stringify([times[0], times.at(-1), width, limits, marks]);
    if (width === 0 || plot.dataset.shown === shown) return;
    plot.dataset.shown = shown;
    const focused = plot.contains(document.activeElement)
      ? document.activeElement.getAttribute('href')
      : null;
    const label = `${title} of ${subject}: now ${amount(line.at(-1), unit)}, average before ${amount(averages.at(-2), unit)}`;
    const intervalMs = this.#model.settings?.intervalMs ?? 5000;
    plot.replaceChildren(
      chart({
        times,
        values: line,
        averages,
        unit,
        limits,
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

  /** A limit without a number, written as null, does not exist. */
  #limits(reading) {
    const found = Object.entries(rules).find(([, rule]) => rule.reading === reading);
    const rule = found === undefined ? undefined : this.#model.settings?.rules[found[0]];
    if (rule === undefined || !rule.enabled) return [];
    return ['min', 'abs'].filter((name) => rule[name] !== null).map((name) => ({ name, value: rule[name] }));
  }

  #marks(subject, reading) {
    const here = this.#model.captures.filter(
      (record) => record.subject === subject && readingOfRule(record.rule) === reading,
    );
    return here.map(({ id, at, rule, diagnosis }) => ({
      at,
      href: `#${cardId(id)}`,
      title: `Capture, ${ruleTitle(rule)}: ${diagnosis.sentence}`,
    }));
  }
}

function hasValues(line) {
  return line !== undefined && line.some((value) => value !== null);
}
