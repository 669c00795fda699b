/**
 * The console of a node. Asks the proxy's JSON paths every two seconds and brings each part up to date. What cannot be had
 * is said, and the last good answer stays with its age.
 */
import { CaptureForm } from './capture-form.js';
import { Captures } from './captures.js';
import { there } from './clock.js';
import { drawComponents } from './components.js';
import { drawDecisions } from './decisions.js';
import { byId, setAttribute, setText, show } from './element.js';
import { drawGate, gateVerdict } from './gate.js';
import { drawIdentity } from './identity.js';
import { refreshMoments } from './moment.js';
import { drawNewest } from './newest.js';
import { drawFreshness, drawTroubles } from './reach.js';
import { ReadingsPanel } from './readings-panel.js';
import { Rounds } from './rounds.js';
import { Source } from './source.js';
import { drawStore } from './store.js';
import { drawSubjects, verdictOf } from './subjects.js';
import { Traffic } from './traffic.js';

const roundMs = 2000;
/** Holmes samples every five seconds. */
const diagnosisRounds = 2;
/** Captures are large and settings rarely change: these are asked for when something has happened, and each so many rounds. */
const slowRounds = 16;
/** All of them, unless somebody keeps more than is kept by default. */
const maxCaptures = 200;

const quiet = byId('decisions-quiet');
const sources = {
  state: new Source(() => '/console/state'),
  subjects: new Source(() => '/holmes/subjects'),
  rings: new Source(() => '/holmes/rings'),
  decisions: new Source(() => `/holmes/decisions?limit=100${quiet.checked ? '&quiet' : ''}`),
  captures: new Source(() => `/captures?limit=${maxCaptures}`),
  settings: new Source(() => '/holmes/rules'),
  store: new Source(() => '/holmes/store'),
};

const traffic = new Traffic();
const captures = new Captures(reload);
const form = new CaptureForm(reload);
const readingsPanel = new ReadingsPanel();
/** Of the last round that asked for captures; empty: ask again. */
let seen = '';
let version = '';
/** @type {Promise<void> | null} */
let diagnosing = null;

const rounds = new Rounds({ ask, draw, tick, roundMs });
quiet.addEventListener('change', () => void reload());

/** After a change by this page: everything that it can have touched. */
async function reload() {
  // What was asked before the change does not count.
  await diagnosing;
  seen = '';
  await rounds.again();
  await diagnosing;
}

async function ask(turn) {
  await sources.state.load();
  const { value, error } = sources.state;
  if (error !== null) return false;
  if (isWatching() && (seen === '' || turn % diagnosisRounds === 0)) void diagnose(turn);
  if (value.server.version !== version) renew(value.server.version);
  return true;
}

/** Beside the rounds: what takes long there must hold up neither the gate nor the rates. */
function diagnose(turn) {
  diagnosing ??= askDiagnosis(turn).finally(() => {
    diagnosing = null;
    draw();
  });
  return diagnosing;
}

/** Script and style belong to the version that answers. */
function renew(now) {
  if (version !== '') location.reload();
  version = now;
}

async function askDiagnosis(turn) {
  const slow = turn % slowRounds === 0;
  await Promise.all([sources.subjects.load(), sources.decisions.load()]);
  const happened = fingerprint();
  const due = slow || happened !== seen || sources.captures.error !== null;
  seen = happened;
  await Promise.all([
    sources.rings.load(),
    due ? sources.captures.load() : null,
    due ? sources.store.load() : null,
    slow || sources.settings.value === null ? sources.settings.load() : null,
  ]);
}

function isWatching() {
  return sources.state.value?.diagnosis.on === true;
}

/** Changes when a capture has begun or ended, and with the process. */
function fingerprint() {
  const taking = sources.subjects.value?.map(({ capturing }) => capturing);
  const taken = sources.decisions.value
    ?.filter(({ captureId }) => captureId !== null)
    .map(({ captureId }) => captureId);
  return JSON.stringify([sources.state.value?.instance, taking, taken]);
}

function draw() {
  const state = sources.state.value;
  show(byId('main'), state !== null);
  if (state !== null) {
    drawIdentity(state);
    drawGate(state);
    traffic.update(state);
    drawComponents(state);
    drawDiagnosis(state);
    drawTitle(state);
  }
  tick();
}

function drawDiagnosis({ diagnosis }) {
  const subjects = sources.subjects.value;
  show(byId('off'), !diagnosis.on);
  show(byId('on'), diagnosis.on && subjects !== null);
  show(byId('decisions-section'), diagnosis.on && subjects !== null);
  if (!diagnosis.on) drawOff(diagnosis.obstacle);
  else if (subjects !== null) drawPanels(subjects);
}

function drawPanels(subjects) {
  const records = sources.captures.value ?? [];
  const settings = sources.settings.value;
  say(verdictOf(subjects, records, there()));
  drawNewest(records);
  captures.update(sources.captures.value, sources.store.value?.captures ?? 0, settings);
  drawSubjects(subjects, (name) => form.choose(name));
  form.update(subjects);
  drawStore({ figures: sources.store.value, captures: records, limits: settings?.limits ?? null });
  drawDecisions(sources.decisions.value, new Set(records.map(({ id }) => id)));
  readingsPanel.update({ rings: sources.rings.value ?? [], subjects, captures: records, settings });
}

function say({ tone, text }) {
  const isGone = rounds.unreachableSince > 0;
  setText(byId('verdict'), isGone ? `When last heard of: ${text}` : text);
  setAttribute(byId('watch'), 'data-tone', tone);
}

function drawOff(obstacle) {
  say({ tone: 'plain', text: 'Nothing is being watched' });
  drawNewest([]);
  setText(byId('off-reason'), obstacle);
  setText(byId('off-configuration'), 'holmes: true');
  setText(byId('off-command'), `curl -X POST ${location.origin}/reload`);
}

/** What is worst comes first: there may be many of these tabs. */
function drawTitle(state) {
  const { id, service } = state.server.node;
  const name = id || service || 'Meshlock';
  const gate = gateVerdict(state);
  const watch = byId('watch').dataset.tone === 'bad' ? byId('verdict').textContent : '';
  const news = rounds.unreachableSince > 0 ? 'not reachable' : gate.tone === 'bad' ? gate.word : watch;
  setText(document.querySelector('title'), news === '' ? `${name} · Meshlock` : `${news} · ${name}`);
}

/** Each second. */
function tick() {
  refreshMoments();
  const { unreachableSince, paused } = rounds;
  drawFreshness({ source: sources.state, paused, unreachableSince });
  drawTroubles(Object.values(sources).filter((source) => source.error !== null && isNews(source)));
}

/** What is not asked for while nothing is watched is no trouble then. */
function isNews(source) {
  return source === sources.state || isWatching();
}
