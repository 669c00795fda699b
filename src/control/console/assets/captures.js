/** The list of captures, newest first and short until asked for the rest. `#capture-<id>` in the address leads to one. */
import { count } from './amount.js';
import { captureCard, cardId } from './capture-card.js';
import { confirmed } from './confirmation.js';
import { byId, h, setText, show, syncList } from './element.js';
import { ask } from './source.js';

const firstShown = 6;

export class Captures {
  #records = [];
  /** How many there are, more than `#records` when there are very many. */
  #total = 0;
  #known = false;
  #all = false;
  #settings = null;
  #onChange;

  /** `onChange` is called after a deletion, to ask the proxy again. */
  constructor(onChange) {
    this.#onChange = onChange;
    byId('captures-more').addEventListener('click', () => {
      this.#all = !this.#all;
      this.#draw();
    });
    window.addEventListener('hashchange', () => this.reveal());
  }

  /** `records`: the newest of `total`; `null`: not known yet. */
  update(records, total, settings) {
    if (records === null) return;
    this.#total = Math.max(total, records.length);
    this.#settings = settings;
    const first = !this.#known;
    this.#known = true;
    this.#records = records;
    this.#draw();
    if (first) this.reveal();
  }

  /** Goes to the capture that the address names. */
  reveal() {
    const wanted = this.#records.findIndex(({ id }) => `#${cardId(id)}` === location.hash);
    if (wanted < 0) return;
    if (wanted >= firstShown) this.#all = true;
    this.#draw();
    const card = byId(cardId(this.#records[wanted].id));
    card.scrollIntoView({ block: 'start' });
    card.focus({ preventScroll: true });
  }

  #draw() {
    const { length } = this.#records;
    const more = byId('captures-more');
    setText(byId('captures-count'), length === 0 ? '' : count(this.#total));
    show(byId('captures-none'), this.#known && length === 0);
    show(more, length > firstShown);
    const shown = this.#all ? firstShown : length;
    setText(more, shown < this.#total ? `Show the newest ${shown}` : `Show all ${length}`);
    syncList(byId('captures-list'), this.#all ? this.#records : this.#records.slice(0, firstShown), {
      key: ({ id }) => id,
      create: (record) => captureCard(record, this.#settings, (chosen) => this.#delete(chosen)),
    });
  }

  async #delete({ id, diagnosis }) {
    const text = `${diagnosis.sentence} (${id})`;
    const title = 'Delete this capture with all its files?';
    if (!(await confirmed({ title, text, no: 'Keep it', yes: 'Delete' }))) return;
    const card = byId(cardId(id));
    card.querySelector('.delete-problem')?.remove();
    try {
      await ask(`/captures/${encodeURIComponent(id)}/delete`, { method: 'POST' });
    } catch (error) {
      // Somebody else was faster: what was wanted has come about.
      if (error.status !== 404)
        card.append(
          h('p', { class: 'trouble delete-problem', role: 'alert' }, `It was not deleted: ${error.message}`),
        );
    }
    await this.#onChange();
    if (document.activeElement === document.body) byId('captures').focus();
  }
}
