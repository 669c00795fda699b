/** Who reports, and who owes a report. The silent and the refused come first: of them nothing is known. */
import { count } from './amount.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { ago } from './moment.js';
import { nodeStates, wordFor } from './vocabulary.js';

const maxShown = 200;
const order = ['missing', 'refused', 'late', 'reporting'];

export function drawNodes({ count: total, nodes }) {
  const sorted = nodes.toSorted(
    (a, b) => order.indexOf(a.status) - order.indexOf(b.status) || (a.node < b.node ? -1 : 1),
  );
  setText(byId('nodes-count'), total === 0 ? '' : count(total));
  show(byId('nodes-none'), total === 0);
  show(byId('nodes-table'), total > 0);
  show(byId('nodes-more'), nodes.length > maxShown);
  setText(byId('nodes-more'), `and ${count(nodes.length - maxShown)} more at /v1/nodes`);
  syncList(byId('nodes-list'), sorted.slice(0, maxShown), {
    key: ({ node }) => node,
    create: ({ node }) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, h('code', {}, node)),
        h('td', { 'data-heading': 'Status' }, h('span', { class: 'chip' })),
        ...['Service', 'Version', 'Release', 'Last report'].map((heading) =>
          h('td', { 'data-heading': heading }),
        ),
        h('td', { class: 'number', 'data-heading': 'Epochs missing' }),
        h('td', { class: 'number', 'data-heading': 'Late' }),
        h('td', { 'data-heading': 'Refused because' }),
      ),
    update: (row, { status, service, version, release, lastSeenAt, missingEpochs, lateReports, refusal }) => {
      const chip = row.querySelector('.chip');
      const { title, tone } = wordFor(nodeStates, status);
      setText(chip, title);
      setAttribute(chip, 'class', `chip ${tone}`);
      for (const [i, text] of [service, version, release].entries())
        setText(row.children[i + 2], text || '–');
      const seen = row.children[5];
      if (seen.dataset.shown !== lastSeenAt) {
        seen.dataset.shown = lastSeenAt;
        seen.replaceChildren(ago(Date.parse(lastSeenAt)));
      }
      setText(row.children[6], count(missingEpochs));
      setText(row.children[7], count(lateReports));
      setText(row.children[8], refusal || '–');
    },
  });
}
