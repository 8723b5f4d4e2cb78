import { afterAll, describe, it } from 'vitest';
import { TestFolders } from './testing/folders.ts';
import { expectNothingLost } from './testing/killing.ts';

const folders = new TestFolders();
afterAll(() => folders.clean());

describe('a server that is killed twenty times', () => {
  it('should have lost or doubled no acknowledged order, whenever that was', () =>
    expectNothingLost(folders.make(), 20));
});
