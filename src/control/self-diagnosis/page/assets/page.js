/**
 * The page for the person on call. Asks the proxy's JSON endpoints every few seconds and brings each panel up to date.
 * What cannot be had is said, and the last good answer stays with its age.
 */
import { age } from './amount.js';
import { CaptureForm } from './capture-form.js';
import { Captures } from './captures.js';
import { every, here, there } from './clock.js';
import { drawDecisions } from './decisions.js';
import { byId, h, setAttribute, setText, show, syncList } from './element.js';
import { refreshMoments } from './moment.js';
import { ReadingsPanel } from './readings-panel.js';
import { Source } from './source.js';
import { drawStore } from './store.js';
import { drawSubjects, verdictOf } from './subjects.js';

const roundMs = 3000;
/** Captures are large and settings rarely change: these are asked for when something has happened, and each so many rounds. */
const slowRounds = 10;

const quiet = byId('decisions-quiet');
const sources = {
  subjects: new Source(() => '/holmes/subjects'),
  rings: new Source(() => '/holmes/rings'),
  decisions: new Source(() => `/holmes/decisions?limit=100${quiet.checked ? '&quiet' : ''}`),
  captures: new Source(() => '/captures'),
  settings: new Source(() => '/holmes/rules'),
  store: new Source(() => '/holmes/store'),
  server: new Source(() => '/server_info'),
};

const captures = new Captures(reload);
const form = new CaptureForm(reload);
const readingsPanel = new ReadingsPanel();
let round = 0;
let paused = false;
let running = null;
let seen = '';

/** A slow proxy is not asked again before it has answered. */
function look() {
  running ??= ask().finally(() => {
    running = null;
  });
  return running;
}

/** After a change by this page: everything that it can have touched. */
async function reload() {
  await running;
  seen = '';
  await look();
}

async function ask() {
  const slow = round++ % slowRounds === 0;
  await Promise.all([sources.subjects.load(), sources.decisions.load()]);
  if (!isOff()) {
    const happened = fingerprint();
    const due = slow || happened !== seen || sources.captures.error !== null;
    seen = happened;
    await Promise.all([
      sources.rings.load(),
      due ? sources.captures.load() : null,
      due && isThere(sources.store) ? sources.store.load() : null,
      slow || sources.settings.value === null ? sources.settings.load() : null,
      slow && isThere(sources.server) ? sources.server.load() : null,
    ]);
  }
  draw();
}

/** The monitor is not there at all, as opposed to not answering. */
function isOff() {
  return [404, 503].includes(sources.subjects.error?.status);
}

/** Changes when a capture has begun or ended. */
function fingerprint() {
  const taking = sources.subjects.value?.map(({ capturing }) => capturing);
  const taken = sources.decisions.value
    ?.filter(({ captureId }) => captureId !== null)
    .map(({ captureId }) => captureId);
  return JSON.stringify([taking, taken]);
}

function draw() {
  const off = isOff();
  show(byId('off'), off);
  if (off) drawOff();
  const subjects = sources.subjects.value;
  show(byId('on'), !off && subjects !== null);
  if (!off && subjects !== null) drawPanels(subjects);
  drawServer();
  drawTroubles();
  drawFreshness();
}

function drawPanels(subjects) {
  const records = sources.captures.value ?? [];
  const settings = sources.settings.value;
  const verdict = verdictOf(subjects, records, there());
  const stale = sources.subjects.error !== null;
  setText(byId('verdict'), stale ? `When last heard of: ${verdict.text}` : verdict.text);
  setAttribute(byId('verdict'), 'data-tone', verdict.tone);
  setText(
    document.querySelector('title'),
    stale ? 'no answer · holmes' : verdict.tone === 'good' ? 'holmes' : `${verdict.text} · holmes`,
  );
  captures.update(sources.captures.value);
  drawSubjects(subjects, (name) => form.choose(name));
  form.update(subjects);
  drawStore({ figures: sources.store.value, captures: records, limits: settings?.limits ?? null });
  drawDecisions(sources.decisions.value, new Set(records.map(({ id }) => id)));
  readingsPanel.update({ rings: sources.rings.value ?? [], subjects, captures: records, settings });
}

function drawOff() {
  setText(byId('off-reason'), sources.subjects.error.message);
  setText(byId('off-configuration'), 'holmes: true');
  setText(byId('off-command'), `curl -X POST ${location.origin}/reload`);
}

function drawServer() {
  const info = sources.server.value;
  if (info === null) return;
  const { cluster, id, metadata } = info.node ?? {};
  setText(byId('program'), [cluster, metadata?.version, id].filter(Boolean).join(' · '));
}

/** What went wrong in the last round, one line for each reason, with what it means for what is shown. */
function drawTroubles() {
  const failed = Object.values(sources).filter((source) => source.error !== null && !isExpected(source));
  const groups = [...Map.groupBy(failed, ({ error }) => error.message)];
  syncList(byId('troubles'), groups, {
    key: ([message]) => message,
    create: () => h('p', { class: 'trouble' }),
    update: (line, [message, group]) => {
      const ages = group.filter(({ value }) => value !== null).map(({ at }) => here() - at);
      const old = ages.length === 0 ? '' : ` What you see of it came ${age(Math.max(...ages))}.`;
      setText(line, `${group.map(({ path }) => path).join(', ')}: ${message}.${old}`);
    },
  });
}

/** A proxy without this endpoint gets no new one while it runs. */
function isThere(source) {
  return source.error?.status !== 404;
}

/** The page says it in another way, or does without. */
function isExpected(source) {
  if (isOff() && [404, 503].includes(source.error.status)) return true;
  return (source === sources.store || source === sources.server) && !isThere(source);
}

function drawFreshness() {
  const { at, error } = sources.subjects;
  const place = byId('freshness');
  const asOf = at === 0 ? '' : age(here() - at);
  const failing = error !== null && !isOff();
  const state = paused ? 'paused' : failing ? 'failing' : isOff() ? 'off' : at === 0 ? 'waiting' : 'live';
  const texts = {
    paused: `paused, as of ${asOf}`,
    failing: at === 0 ? 'no answer' : `no answer, as of ${asOf}`,
    off: 'switched off',
    waiting: 'asking the proxy',
    live: `live, ${asOf}`,
  };
  setAttribute(place, 'data-state', state);
  setText(byId('freshness-text'), texts[state]);
}

function togglePause() {
  paused = !paused;
  setAttribute(byId('pause'), 'aria-pressed', String(paused));
  setText(byId('pause'), paused ? 'Go on' : 'Pause');
  if (!paused) void look();
  drawFreshness();
}

byId('pause').addEventListener('click', togglePause);
quiet.addEventListener('change', () => void reload());
// A page that nobody sees asks nothing.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !paused) void look();
});
every(roundMs, () => {
  if (!paused && !document.hidden) void look();
});
every(1000, () => {
  refreshMoments();
  drawFreshness();
  if (sources.subjects.error !== null) drawTroubles();
});
void look();
