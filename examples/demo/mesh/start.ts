/**
 * `npm run demo`: a small mesh with everything that watches it, and what to open. With `--fault` it breaks something and tells
 * what is seen of it, by whom and when; nothing of that is scripted, and what is not seen is told, too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { announcement } from './announcement.ts';
import { type DemoArguments, type Fault, helpText, parseArguments, UsageError } from './arguments.ts';
import { liveLine, momentOf } from './live-line.ts';
import { planFor } from './plan.ts';
import { Stage } from './stage.ts';
import { CulpritStory, cpuScene, leakScene } from './story/culprit-story.ts';
import { ReleaseStory } from './story/release-story.ts';
import type { Ending, Story } from './story/story.ts';
import { UpstreamStory } from './story/upstream-story.ts';
import { storyLine, tell } from './telling.ts';

const liveEveryMs = 4000;
const watchEveryMs = 1000;

const stories: Readonly<Record<Fault, (stage: Stage) => Story>> = {
  cpu: (stage) => new CulpritStory(stage, cpuScene),
  leak: (stage) => new CulpritStory(stage, leakScene),
  upstream: (stage) => new UpstreamStory(stage),
  release: (stage) => new ReleaseStory(stage),
};

function say(line: string): void {
  console.log(line);
}

/** Answers whether all of the story was seen. */
async function act(story: Story, signal: AbortSignal): Promise<boolean> {
  await story.prepare((line) => say(`\n${line}\n`), signal);
  if (signal.aborted) return false;
  const faultAt = Date.now();
  say(storyLine(0, 'FAULT', await story.plant()));
  const isComplete = await tell({ steps: story.steps(faultAt), faultAt, say, signal });
  if (signal.aborted) return false;
  const ending = await story.end();
  say(endingText(ending));
  return isComplete && ending.culprit !== null;
}

function endingText({ facts, culprit, open }: Ending): string {
  const lines: readonly (readonly [string, string])[] = [
    ...facts.map((fact) => ['', fact] as const),
    ['CULPRIT', culprit ?? 'nobody was named'],
    ...open.map((address) => ['open', address] as const),
  ];
  return `\n${lines.map(([word, text]) => storyLine(null, word, text)).join('\n')}\n`;
}

/** A line every few seconds until `signal`. */
async function live(stage: Stage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await oneLine(stage, signal);
}

/** A line on the next few seconds. */
async function oneLine(stage: Stage, signal: AbortSignal): Promise<void> {
  const before = momentOf(stage);
  await delay(liveEveryMs, null, { signal }).catch(() => null);
  if (!signal.aborted) say(await liveLine(stage, before));
}

/** Looks whether all processes are still there, until `signal`; the first that is not ends the demonstration by `onFall`. */
async function watch(stage: Stage, signal: AbortSignal, onFall: () => void): Promise<void> {
  while (!signal.aborted) {
    const [fallen] = await stage.fallen();
    if (fallen !== undefined && !signal.aborted) {
      console.error(`\n${fallen.name} has ended by itself. The last of its log:\n${fallen.log}`);
      onFall();
      return;
    }
    await delay(watchEveryMs, null, { signal }).catch(() => null);
  }
}

async function run({ fault, once }: DemoArguments, ending: AbortController): Promise<number> {
  const { signal } = ending;
  const stage = new Stage(await planFor(fault));
  const story = fault === null ? null : stories[fault](stage);
  let code = 0;
  try {
    say('starting the mesh, its aggregator, and what watches it ...');
    await stage.start(signal);
    say(`\n${announcement(stage)}`);
    const watching = watch(stage, signal, () => {
      code = 1;
      ending.abort();
    });
    if (story !== null && !(await act(story, signal)) && !signal.aborted) code = 1;
    if (!once && !signal.aborted) {
      say('\nit goes on until Ctrl-C\n');
      await live(stage, signal);
    } else if (story === null) await oneLine(stage, signal);
    ending.abort();
    await watching;
  } catch (error) {
    // What ends while it is being ended is no news.
    if (!signal.aborted) {
      console.error(`\n${error instanceof Error ? error.message : String(error)}`);
      code = 1;
    }
  } finally {
    ending.abort();
    story?.stop();
    await stage.stop();
  }
  return code;
}

/** The first signal ends in order, the second at once. */
function endOnSignals(ending: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(130);
      say('\nending ...');
      ending.abort();
    });
  }
}

async function main(): Promise<number> {
  let given: DemoArguments;
  try {
    given = parseArguments(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${helpText}`);
    return 2;
  }
  if (given.help) {
    say(helpText);
    return 0;
  }
  const ending = new AbortController();
  endOnSignals(ending);
  return run(given, ending);
}

process.exitCode = await main();
