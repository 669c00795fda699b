/** Takes a capture now. */
import { confirmed } from './confirmation.js';
import { byId, setAttribute, setChoices, setText, show } from './element.js';
import { ask } from './source.js';
import { canTake } from './subjects.js';
import { cardId } from './capture-card.js';
import { kinds, wordFor } from './vocabulary.js';

export class CaptureForm {
  #subjects = [];
  #taking = false;
  #onTaken;

  /** `onTaken` is called when a capture is there, to ask the proxy again. */
  constructor(onTaken) {
    this.#onTaken = onTaken;
    byId('take').addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#taking) void this.#take();
    });
    byId('take-subject').addEventListener('change', () => this.#draw());
    byId('take-kind').addEventListener('change', () => this.#draw());
  }

  update(subjects) {
    this.#subjects = subjects.filter(canTake);
    this.#draw();
  }

  /** Puts the subject into the form and the focus behind it. */
  choose(subject) {
    byId('take-subject').value = subject;
    this.#draw();
    byId('take-kind').focus();
  }

  #draw() {
    const subject = byId('take-subject');
    setChoices(
      subject,
      this.#subjects.map(({ name, title }) => ({ value: name, text: title })),
    );
    const chosen = this.#subjects.find(({ name }) => name === subject.value);
    const known = chosen?.captures ?? [];
    setChoices(
      byId('take-kind'),
      known.map((kind) => ({ value: kind, text: wordFor(kinds, kind).title })),
    );
    show(byId('take-seconds-label'), this.#timed());
    byId('take-button').disabled = this.#taking || chosen === undefined;
  }

  #timed() {
    return kinds[byId('take-kind').value]?.timed === true;
  }

  async #take() {
    const subject = byId('take-subject').value;
    const kind = byId('take-kind').value;
    if (kind === 'snapshot' && !(await confirmed(snapshotQuestion))) return;
    const query = new URLSearchParams({ subject, kind });
    if (this.#timed()) query.set('seconds', byId('take-seconds').value);
    this.#taking = true;
    this.#say(`Taking it${this.#timed() ? `: ${byId('take-seconds').value} s` : ''}…`, 'plain');
    this.#draw();
    try {
      const record = await ask(`/captures?${query}`, { method: 'POST' });
      await this.#onTaken();
      this.#say('Taken: ', 'good', record);
    } catch (error) {
      // Without an answer the proxy may still be at it: it shows among the captures when it is done.
      const open =
        error.status === undefined ? '; if the proxy still takes it, it will appear among the captures' : '';
      this.#say(`Not taken: ${error.message}${open}`, 'bad');
    } finally {
      this.#taking = false;
      this.#draw();
    }
  }

  #say(text, tone, record) {
    const status = byId('take-status');
    setText(status, text);
    setAttribute(status, 'class', `status ${tone}`);
    if (record === undefined) return;
    const link = document.createElement('a');
    link.href = `#${cardId(record.id)}`;
    link.textContent = record.diagnosis.sentence;
    status.append(link);
  }
}

const snapshotQuestion = {
  title: 'Stop the thread for a heap snapshot?',
  text: 'It does nothing else until the snapshot is written: a second for a small heap, twenty for 500 MB. It takes several times the heap in memory and is refused when there is too little.',
  no: 'Cancel',
  yes: 'Take it',
};
