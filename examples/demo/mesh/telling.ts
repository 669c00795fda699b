/**
 * Telling a story while it happens: steps that somebody has to see, each within its time. All are looked for at once, a line
 * comes when one is seen, and what is not seen is told as well. Nothing here knows what the steps are.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** What was seen. */
export interface Sight {
  /** Unix milliseconds: when it happened, by whoever saw it. */
  readonly at: number;
  readonly text: string;
}

export interface Step {
  /** Who sees it, in a word or two: `holmes`, `Prometheus`. */
  readonly organ: string;
  /** What has to be seen, for the line that says that it was not. */
  readonly awaited: string;
  /** From the fault. */
  readonly withinMs: number;
  /** `null`: not yet. A text: not yet either, but this instead. May reject: then it has not been seen, and the error is told. */
  look(): Promise<Sight | string | null>;
}

export interface TellOptions {
  readonly steps: readonly Step[];
  /** Unix milliseconds. */
  readonly faultAt: number;
  readonly say: (line: string) => void;
  /** Ends the story where it is. */
  readonly signal: AbortSignal;
  /** Between two looks. */
  readonly periodMs?: number;
}

/** Answers when each step was seen, or its time is over: whether all were seen. */
export async function tell({ steps, faultAt, say, signal, periodMs = 200 }: TellOptions): Promise<boolean> {
  const open = new Map(steps.map((step) => [step, '']));
  let isComplete = true;
  while (open.size > 0 && !signal.aborted) {
    await Promise.all(
      [...open.keys()].map(async (step) => {
        const found = await step.look().catch((error: unknown) => String(error));
        if (found !== null && typeof found !== 'string') {
          open.delete(step);
          say(storyLine((found.at - faultAt) / 1000, step.organ, found.text));
          return;
        }
        if (found !== null) open.set(step, found);
        if (Date.now() - faultAt < step.withinMs) return;
        const instead = open.get(step) ?? '';
        open.delete(step);
        isComplete = false;
        const missed = `NOT SEEN within ${step.withinMs / 1000} s: ${step.awaited}`;
        say(
          storyLine(
            (Date.now() - faultAt) / 1000,
            step.organ,
            instead === '' ? missed : `${missed} (${instead})`,
          ),
        );
      }),
    );
    await delay(periodMs);
  }
  return isComplete && !signal.aborted;
}

const secondsWidth = 8;
const organWidth = 14;
const indent: string = ' '.repeat(secondsWidth + organWidth + 4);
const lineWidth = 118;

/** `   2.6 s  holmes        cpu 62 % is ...`, wrapped under itself; `null`: at no time of its own. */
export function storyLine(seconds: number | null, organ: string, text: string): string {
  const time = seconds === null ? '' : `${Math.max(0, seconds).toFixed(1)} s`;
  return `${time.padStart(secondsWidth)}  ${organ.padEnd(organWidth)}  ${wrapped(text)}`;
}

/** Breaks at spaces only: an address stays whole. */
function wrapped(text: string): string {
  const width = lineWidth - indent.length;
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${indent}`);
}
