/** Whether this node takes traffic, and why not. */
import { dayTime, duration } from './amount.js';
import { there } from './clock.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { ago } from './moment.js';
import { statuses, wordFor } from './vocabulary.js';

/** The one line, and what there is to say against it. Pure: the tests call it. */
export function gateVerdict({ server, readiness, gate }) {
  const { override } = gate;
  const reasons = [...new Set([...readiness.reasons, ...(gate.state === 'closed' ? gate.waitingFor : [])])];
  if (server.state.endsWith('INITIALIZING')) return { tone: 'warn', word: 'Starting', reasons };
  if (readiness.ready && gate.state === 'open') {
    const held = override?.to === 'open';
    return {
      tone: held ? 'warn' : 'good',
      word: held ? 'Takes traffic, held open' : 'Takes traffic',
      reasons: [],
    };
  }
  if (!gate.hasOpened) return { tone: 'bad', word: 'Takes no traffic yet', reasons };
  if (override?.to === 'closed')
    return { tone: 'bad', word: 'Held closed: callers are sent elsewhere', reasons: [] };
  return { tone: 'bad', word: 'Not ready: callers are sent elsewhere', reasons };
}

export function drawGate(state) {
  const { tone, word, reasons } = gateVerdict(state);
  const { gate } = state;
  setAttribute(byId('gate'), 'data-tone', tone);
  setText(byId('gate-word'), word);
  const since = byId('gate-since');
  const key = `${gate.state} ${gate.since}`;
  if (since.dataset.shown !== key) {
    since.dataset.shown = key;
    since.replaceChildren(`the gate ${gate.state === 'open' ? 'opened' : 'closed'} `, ago(gate.since));
  }
  drawOverride(gate.override);
  drawParts(state.health.components.filter(({ required }) => required));
  syncList(
    byId('gate-why'),
    reasons.map((reason) => ({ reason })),
    { key: ({ reason }) => reason, create: ({ reason }) => h('li', {}, reason) },
  );
}

function drawParts(components) {
  syncList(byId('gate-parts'), components, {
    key: ({ name }) => name,
    create: ({ name }) => h('li', { class: 'chip' }, h('span', {}, name), ' ', h('span', {})),
    update: (part, { status }) => {
      const { title, tone } = wordFor(statuses, status);
      setAttribute(part, 'class', `chip ${tone}`);
      setText(part.lastElementChild, title);
    },
  });
}

function drawOverride(override) {
  const place = byId('gate-override');
  show(place, override !== null);
  if (override === null) return;
  const { to, by, until, reason } = override;
  const left = Math.max(0, until - there());
  const text = `Held ${to} by ${by} until ${dayTime(until, there())} (${duration(left < 60_000 ? Math.ceil(left / 1000) * 1000 : left)} left): ${reason}`;
  setText(place, text);
}
