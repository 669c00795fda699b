import { describe, expect, test } from 'vitest';
import { type Step, storyLine, tell } from '../../../examples/demo/mesh/telling.ts';

interface Told {
  readonly isComplete: boolean;
  readonly lines: readonly string[];
}

/** The fault was `agoMs` ago. */
async function toldOf(
  steps: readonly Step[],
  agoMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Told> {
  const lines: string[] = [];
  const faultAt = Date.now() - agoMs;
  const isComplete = await tell({ steps, faultAt, say: (line) => lines.push(line), signal, periodMs: 1 });
  return { isComplete, lines };
}

function step(
  awaited: string,
  withinMs: number,
  ...answers: readonly Awaited<ReturnType<Step['look']>>[]
): Step {
  let looks = 0;
  return {
    organ: 'holmes',
    awaited,
    withinMs,
    look: async () => answers[Math.min(looks++, answers.length - 1)] ?? null,
  };
}

const longAgo = 1000;
const soon = 60_000;

describe('a story', () => {
  test('is complete when each step was seen, in the order of its being seen', async () => {
    const at = Date.now();
    const { isComplete, lines } = await toldOf(
      [step('late', soon, null, null, { at, text: 'second' }), step('early', soon, { at, text: 'first' })],
      longAgo,
    );
    expect(lines.map((line) => line.replace(/^ +1\.0 s {2}holmes +/, ''))).toEqual(['first', 'second']);
    expect(isComplete).toBe(true);
  });

  test('tells when something happened, not when it was looked at', async () => {
    const { lines } = await toldOf([step('it', soon, { at: Date.now() - 5000, text: 'it' })], 7500);
    expect(lines).toEqual([storyLine(2.5, 'holmes', 'it')]);
  });

  test('is not complete when a step is not seen in its time, and says what was seen instead', async () => {
    const { isComplete, lines } = await toldOf(
      [
        step('a capture', 100, 'one that names nobody'),
        step('a reading', soon, { at: 0, text: 'a reading' }),
      ],
      longAgo,
    );
    expect(lines[0]).toContain('NOT SEEN within 0.1 s: a capture (one that names nobody)');
    expect(lines).toHaveLength(2);
    expect(isComplete).toBe(false);
  });

  test('goes on when a look fails, and tells why in the end', async () => {
    let looks = 0;
    const look = async () => {
      looks++;
      throw new Error('refused');
    };
    const { isComplete, lines } = await toldOf(
      [{ organ: 'node', awaited: 'an answer', withinMs: 50, look }],
      0,
    );
    expect(lines[0]?.replaceAll(/\s+/g, ' ')).toContain('NOT SEEN within 0.05 s: an answer (Error: refused)');
    expect(looks).toBeGreaterThan(1);
    expect(isComplete).toBe(false);
  });

  test('ends where it is when it is told to', async () => {
    const ending = new AbortController();
    const look = async () => {
      ending.abort();
      return null;
    };
    const told = await toldOf(
      [{ organ: 'node', awaited: 'nothing', withinMs: soon, look }],
      0,
      ending.signal,
    );
    expect(told).toEqual({ isComplete: false, lines: [] });
  });

  test('is wrapped under itself, and never in an address', () => {
    const address = `http://127.0.0.1:9901/${'x'.repeat(120)}`;
    const line = storyLine(1.25, 'capture', `${'word '.repeat(30)}${address}`);
    const [first, ...others] = line.split('\n');
    expect(first).toMatch(/^ {3}1\.3 s {2}capture {9}word/);
    expect(others.at(-1)?.trim()).toBe(address);
    expect(others.every((other) => /^ {26}\S/.test(other))).toBe(true);
  });
});
