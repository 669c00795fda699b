/** The console of an aggregator: who is under suspicion, what is thought of each release, which nodes are silent. */
import { count } from './amount.js';
import { byId, setAttribute, setText, show } from './element.js';
import { refreshMoments } from './moment.js';
import { drawNodes } from './nodes.js';
import { drawFreshness, drawTroubles } from './reach.js';
import { drawEvents, drawReleases, releasesVerdict } from './releases.js';
import { Rounds } from './rounds.js';
import { Source } from './source.js';
import { drawSuspects, suspectsVerdict } from './suspects.js';

/** An epoch has ten seconds; what is judged changes no more often. */
const roundMs = 3000;

const sources = {
  suspects: new Source(() => '/v1/suspects'),
  releases: new Source(() => '/v1/releases'),
  nodes: new Source(() => '/v1/nodes'),
};

const rounds = new Rounds({ ask, draw, tick, roundMs });

async function ask() {
  await Promise.all(Object.values(sources).map((source) => source.load()));
  return sources.suspects.error === null;
}

function draw() {
  const [suspects, releases, nodes] = Object.values(sources).map(({ value }) => value);
  show(byId('main'), suspects !== null);
  if (suspects !== null) {
    drawSuspects(suspects.suspects);
    drawWord('suspect', suspectsVerdict(suspects.suspects));
    setText(byId('judged'), judgedText(suspects.judged, nodes));
    drawMissing(suspects.missing);
  }
  if (releases !== null) {
    drawReleases(releases);
    drawEvents(releases.events);
    const verdict = releasesVerdict(releases.releases);
    drawWord('release', verdict);
    setText(byId('release-note'), verdict.note);
  }
  if (nodes !== null) drawNodes(nodes);
  drawTitle();
  tick();
}

function drawWord(name, { tone, text }) {
  setText(byId(`${name}-word`), text);
  setAttribute(byId(`${name}-card`), 'data-tone', tone);
}

function judgedText({ until }, nodes) {
  const reporting = nodes?.nodes.filter(({ status }) => status === 'reporting' || status === 'late').length;
  const told = nodes === null ? '' : `${count(reporting)} of ${count(nodes.count)} nodes report; `;
  return `${told}judged until ${until.slice(11, 19)} UTC`;
}

function drawMissing(missing) {
  const place = byId('missing');
  show(place, missing.length > 0);
  const names = missing.slice(0, 5).join(', ');
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
  setText(place, `Silent: ${names}${more}. What they would have told is missing from every sentence here.`);
}

function drawTitle() {
  const gone = rounds.unreachableSince > 0 ? 'not reachable' : '';
  const bad = ['suspect', 'release']
    .filter((name) => byId(`${name}-card`).dataset.tone === 'bad')
    .map((name) => byId(`${name}-word`).textContent);
  const news = gone || bad.join(', ');
  setText(document.querySelector('title'), news === '' ? 'aggregator · Meshlock' : `${news} · aggregator`);
}

/** Each second. */
function tick() {
  refreshMoments();
  const { unreachableSince, paused } = rounds;
  drawFreshness({ source: sources.suspects, paused, unreachableSince });
  drawTroubles(Object.values(sources).filter(({ error }) => error !== null));
}
