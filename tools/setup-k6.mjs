// `npm run setup:k6`: finds k6 2.x, or builds it into .tools/bin with Go. The work is in loadtests/k6run.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register();
const { setupK6 } = await import('../loadtests/k6run/setup.ts');
process.exitCode = await setupK6({
  path: process.env.PATH ?? '',
  projectRoot: fileURLToPath(new URL('..', import.meta.url)),
  log: (line) => console.log(line),
});
