/** What this node is: the line at the top and the strip of facts. */
import { duration } from './amount.js';
import { byId, h, setText, syncList } from './element.js';
import { ago } from './moment.js';

export function drawIdentity({ server, configuration, threads }) {
  const { id, service, version, release } = server.node;
  const program = byId('program');
  const line = [service, version, release].filter(Boolean).join(' · ');
  if (program.dataset.shown !== `${id} ${line}`) {
    program.dataset.shown = `${id} ${line}`;
    program.replaceChildren(h('b', {}, id || 'a node without an id'), line === '' ? '' : ` · ${line}`);
  }
  const running = threads.filter(({ state }) => state === 'running').length;
  const refused = configuration.refused;
  const facts = [
    ['Node', id || '–', ''],
    ['Service', service || '–', ''],
    ['Version', version || '–', release === '' ? '' : `release ${release}`],
    ['Meshlock', server.version, `process ${server.pid}`],
    ['Up', duration(server.uptimeMs), ''],
    ['Data threads', `${running} of ${threads.length}`, running === threads.length ? 'all run' : 'run'],
    ['Configuration', `version ${configuration.version}`, configuration.origin],
    [
      'Last reload',
      configuration.appliedAt === 0 ? '–' : { at: configuration.appliedAt },
      refused === null
        ? configuration.waiting.length > 0
          ? `waits for a restart: ${configuration.waiting.join(', ')}`
          : 'in force'
        : `one was refused since: ${refused.problems[0] ?? 'no reason told'}`,
    ],
  ];
  syncList(
    byId('facts'),
    facts.map(([name, value, note]) => ({ name, value, note })),
    {
      key: ({ name }) => name,
      create: ({ name }) => h('div', {}, h('dt', {}, name), h('dd', {}, h('span', {}), h('small', {}))),
      update: (place, { name, value, note }) => {
        const [word, small] = place.querySelector('dd').children;
        if (typeof value === 'string') setText(word, value);
        else if (word.dataset.at !== String(value.at)) {
          word.dataset.at = String(value.at);
          word.replaceChildren(ago(value.at));
        }
        setText(small, note);
        small.className = name === 'Last reload' && refused !== null ? 'problem' : '';
      },
    },
  );
}
