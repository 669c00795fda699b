/** A question before something that cannot be undone. The focus returns to where it was; Escape means no. */
import { h } from './element.js';

/** Fulfilled with whether the answer was yes. `title`, `text`, and the two answers are texts. */
export function confirmed({ title, text, no, yes }) {
  const { promise, resolve } = Promise.withResolvers();
  const dialog = h(
    'dialog',
    { id: 'confirm', 'aria-labelledby': 'confirm-title' },
    h('h2', { id: 'confirm-title' }, title),
    h('p', {}, text),
    h(
      'p',
      { class: 'buttons' },
      h(
        'button',
        { id: 'confirm-no', type: 'button', autofocus: true, onclick: () => dialog.close('no') },
        no,
      ),
      h(
        'button',
        { id: 'confirm-yes', type: 'button', class: 'danger', onclick: () => dialog.close('yes') },
        yes,
      ),
    ),
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    // Escape closes it without an answer.
    resolve(dialog.returnValue === 'yes');
  });
  document.body.append(dialog);
  dialog.showModal();
  return promise;
}
