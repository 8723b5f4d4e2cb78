import { expect, it } from 'vitest';
import { withoutSecrets } from './secrets.ts';

it.each([
  ['ws://127.0.0.1:8000/v1/stream', 'ws://127.0.0.1:8000/v1/stream'],
  ['wss://u:S3CRET@h/p', 'wss://...@h/p'],
  ['wss://h/p?token=S3CRET&symbols={symbols}&x', 'wss://h/p?token=...&symbols={symbols}&x'],
  ['http://h/m?a=b?c=d', 'http://h/m?a=...'],
])('should show %s as %s', (address, shown) => {
  expect(withoutSecrets(address)).toBe(shown);
});
