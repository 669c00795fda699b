import { describe, expect, test } from 'vitest';
import { KeptFile } from '../../../../holmes/sample/kept-file.ts';
import { fakeTree } from './fake-tree.ts';

describe('KeptFile', () => {
  test('says what the file says now, each time', () => {
    const tree = fakeTree({ '/file': 'one' });
    const file = new KeptFile(`${tree.root}/file`);
    expect(file.read()).toBe('one');
    tree.write('/file', 'another');
    expect([file.read(), file.read()]).toEqual(['another', 'another']);
    file.close();
  });

  test('reads as null when there is no such file, when it is a directory, and once it is closed', () => {
    const tree = fakeTree({ '/file': 'one' });
    expect(new KeptFile(`${tree.root}/none`).read()).toBeNull();
    const directory = new KeptFile(tree.root);
    expect(directory.read()).toBeNull();
    expect(directory.isOpen).toBe(false);
    const file = new KeptFile(`${tree.root}/file`);
    file.close();
    file.close();
    expect(file.read()).toBeNull();
  });
});
