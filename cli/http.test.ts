import { expect, it } from 'vitest';
import { capture } from './capture.ts';

it.each([
  [['--target', 'http://127.0.0.1:8000', '--path', '//127.0.0.2:9/x'], 64, /--path \/\/127\.0\.0\.2:9\/x: a path of/],
  [['--target', 'http://127.0.0.1:8000', '--path', 'http://127.0.0.2:9/y'], 64, /a path of http:\/\/127\.0\.0\.1:8000/],
  [['--target', 'http://u:S3CRET@127.0.0.1:8000'], 64, /^(?!.*S3CRET).*no user in the address/],
  [['--target', 'http://127.0.0.1:8000', '--out', 'no/such/http.json'], 66, /there is no folder no\/such/],
  [['--target', 'http://192.0.2.1:8000'], 64, /--i-may-load 192\.0\.2\.1/],
])('should refuse, before anything is asked: %j', async (args, code, line) => {
  const ended = await capture('http', ...args);
  expect(ended).toMatchObject({ code, out: '' });
  expect(ended.err).toMatch(line);
});
