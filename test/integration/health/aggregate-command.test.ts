/** `meshlock aggregate` as people start it: what it is told on the command line and in its file. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../process/eventually.ts';
import { spawnMeshlock } from '../process/meshlock.ts';
import { runProgram } from '../process/program.ts';

describe('meshlock aggregate', () => {
  test('takes the history from the command line, and the rest of it from the file', async () => {
    const words = [
      'aggregate',
      '-c',
      'meshlock.json',
      '--history',
      'http://reader:secret@127.0.0.1:1/tenant',
    ];
    const process = await spawnMeshlock(
      { listen: '127.0.0.1:0', history: { url: 'http://127.0.0.1:2', token_file: 'token', lookback: '1h' } },
      { words, prepare: (directory) => writeFile(join(directory, 'token'), 'abc\n') },
    );
    onTestFinished(() => process.dispose());
    const url = await eventually(
      () => /listens on (http:\S+)/.exec(process.log.text)?.[1],
      () => process.log.text,
    );
    const answer = await (await fetch(`${url}/v1/releases`)).text();
    expect(JSON.parse(answer)).toMatchObject({
      releases: [],
      history: { engine: 'http://127.0.0.1:1/tenant/', state: 'idle' },
    });
    expect(answer).not.toContain('secret');
    await fetch(`${url}/v1/releases/2/verdict?service=cart`);
    const failing = await eventually(
      async () => {
        const { history } = (await (await fetch(`${url}/v1/releases`)).json()) as {
          history: { state: string; reason: string };
        };
        return history.state === 'failing' ? history : undefined;
      },
      () => process.log.text,
    );
    expect(failing.reason).toContain('http://127.0.0.1:1/tenant/ cannot be reached');
  });

  test('refuses a history that is no URL, and does not repeat it', async () => {
    const { code, stderr } = await runProgram(['aggregate', '--history', 'reader:secret@host']);
    expect(code).toBe(2);
    expect(stderr).toContain('the command line: the settings of the aggregator are not valid');
    expect(stderr).toContain('history.url must be an http or https URL');
    expect(stderr).not.toContain('secret');
  });
});
