/** What is watched and in which state. */
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { kinds, states, wordFor } from './vocabulary.js';

/** `onTake(subject)` is called for a click on a subject's button. */
export function drawSubjects(subjects, onTake) {
  syncList(byId('subjects-list'), subjects, {
    key: ({ name }) => name,
    create: ({ name, title }) =>
      h(
        'li',
        { class: 'subject-row' },
        h('span', { class: 'name' }, h('b', {}, title), ' ', h('code', {}, name)),
        h('span', { class: 'chip state' }),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet small',
            'aria-label': `Capture ${title}`,
            onclick: () => onTake(name),
          },
          'Capture',
        ),
        h('p', { class: 'note' }),
      ),
    update: (row, subject) => {
      const { title, tone } = wordFor(states, subject.state);
      const [chip, note] = [row.querySelector('.state'), row.querySelector('.note')];
      const capturing =
        subject.capturing === null ? '' : `a ${wordFor(kinds, subject.capturing).title} is being taken`;
      setText(chip, title);
      setAttribute(chip, 'class', `chip state ${tone}`);
      setText(note, subject.problem || capturing);
      setAttribute(note, 'class', subject.problem === '' ? 'note' : 'note problem');
      show(note, note.textContent !== '');
      show(row.querySelector('button'), subject.captures.length > 0 && canTake(subject));
    },
  });
}

/** A stuck thread can be captured: that is the point. */
export function canTake({ state, captures }) {
  return captures.length > 0 && (state === 'watched' || state === 'stuck');
}

/** The one line at the top. */
export function verdictOf(subjects, captures, now) {
  const named = (state) => subjects.filter((subject) => subject.state === state).map(({ title }) => title);
  const [stuck, failed] = [named('stuck'), named('failed')];
  if (stuck.length > 0)
    return { tone: 'bad', text: `${list(stuck)} ${stuck.length > 1 ? 'do' : 'does'} not answer` };
  const recent = captures.filter(({ at, rule }) => now - at < recentMs && rule !== 'request').length;
  if (recent > 0) {
    const text = `${recent} ${recent === 1 ? 'capture' : 'captures'} in the last ten minutes; everything answers now`;
    return { tone: 'warn', text };
  }
  if (failed.length > 0) return { tone: 'warn', text: `${list(failed)} cannot be watched` };
  const watched = named('watched').length;
  if (watched === 0) return { tone: 'warn', text: 'Nothing is watched yet' };
  return {
    tone: 'good',
    text: `Quiet. ${watched === 1 ? 'One is' : `${watched} are`} watched, and all answer`,
  };
}

const recentMs = 600_000;

function list(names) {
  const text = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  return text.charAt(0).toUpperCase() + text.slice(1);
}
