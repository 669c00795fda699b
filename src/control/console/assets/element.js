/**
 * Making and updating elements. What the proxy says becomes text nodes and attributes, never markup; what is there
 * already is kept, so that an update takes neither focus nor selection nor an open fold away from the reader.
 */
const svgNamespace = 'http://www.w3.org/2000/svg';

/** `h('a', { href: '/', class: 'big' }, 'text', child)`. A `null` child or attribute is left out; `onclick` is a function. */
export function h(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  return build(document.createElementNS(svgNamespace, tag), attributes, children);
}

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice('on'.length), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element;
}

/** Touches the page only for a change: screen readers and selections notice every write. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * Makes the children of `parent` be those for `items`, in their order. `create(item)` makes an element, `update(element,
 * item)` brings a new or kept one up to date. `parent` must hold nothing else.
 */
export function syncList(parent, items, { key, create, update }) {
  const wanted = named(items, key);
  const kept = new Map();
  // What goes, goes first: an element that need not move keeps the focus.
  for (const child of [...parent.children])
    if (wanted.has(child.dataset.key)) kept.set(child.dataset.key, child);
    else child.remove();
  let place = parent.firstElementChild;
  for (const [name, item] of wanted) {
    const element = kept.get(name) ?? create(item);
    element.dataset.key = name;
    update?.(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
}

/** Items by key. Of two with one key the second has a number too: an element has one name, and is found by it. */
function named(items, key) {
  const byName = new Map();
  for (const item of items) {
    const name = key(item);
    let unique = name;
    for (let i = 2; byName.has(unique); i++) unique = `${name} (${i})`;
    byName.set(unique, item);
  }
  return byName;
}

/** Choices of a select; keeps what is chosen where that is still there. */
export function setChoices(select, choices) {
  const same =
    select.options.length === choices.length &&
    choices.every(
      ({ value, text }, i) => select.options[i].value === value && select.options[i].text === text,
    );
  if (same) return;
  const chosen = select.value;
  select.replaceChildren(...choices.map(({ value, text }) => h('option', { value }, text)));
  if (choices.some(({ value }) => value === chosen)) select.value = chosen;
}
