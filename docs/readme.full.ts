import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';

/**
 * Runs the README's commands as a newcomer does: in a clone of its own, in their order. What would take minutes is run
 * in a short form that goes the same way; a command that isn't listed here and isn't run makes the test fail.
 */
const SHORT_FORMS: Readonly<Record<string, string>> = {
  'npm run gate': 'npm run gate -- --scenario smoke --load k6',
  'npm run gate -- --scenario smoke': 'npm run gate -- --scenario smoke',
  // Ended after a while, on any free port; npx itself would not wait for the drain.
  'npx tapedeck serve --port 8000': 'timeout --preserve-status -s TERM 5 node dist/cli/main.js serve --port 0',
  // Loopback alone, with a secret in place of keys that a newcomer has and a clone hasn't.
  'TAPEDECK_JWKS_FILE=keys.json npx tapedeck serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem':
    'TAPEDECK_JWT_SECRET=$(openssl rand -hex 32) timeout --preserve-status -s TERM 5 node dist/cli/main.js serve --port 0 --tls-cert fixtures/tls/first.cert.pem --tls-key fixtures/tls/first.key.pem',
  // Ended after a while, and asked for meanwhile.
  'npx tapedeck replay --as polygon --speed 10 --date 2020-03-16':
    'node dist/cli/main.js replay --as polygon --speed 10 --date 2020-03-16 --port 0 & sleep 8; node dist/cli/main.js control state; kill -INT $!; wait $!; test $? -eq 130',
  'npx tapedeck control seek 10:05': 'npx tapedeck control seek --help',
  'npx tapedeck control speed 100': 'npx tapedeck control speed --help',
  'npm run gate -- --feed polygon': 'npm run gate -- --feed polygon --scenario smoke',
  'npm run scenarios -- flash-crash': 'npm run scenarios -- flash-crash',
  'npx tapedeck replay --speed 600 --duration 1800': 'npx tapedeck replay --speed 600 --duration 600',
  "npx tapedeck gate --scenario smoke --target-command 'node dist/cli/main.js serve --port {port}' --target 'ws://127.0.0.1:{port}'":
    "npx tapedeck gate --scenario smoke --target-command 'node dist/cli/main.js serve --port {port}' --target 'ws://127.0.0.1:{port}'",
  // Six short blocks of A against itself, and a gate so tight that they end it.
  'npx tapedeck compare --against HEAD':
    'npx tapedeck compare --against HEAD --scenario fixtures/compare/short-blocks.yaml --gate 0.1% --min-effect 0.01%',
  // On a noisy machine each of the clone's runs may be invalid.
  'npx tapedeck history': 'npx tapedeck history --all',
  'npx tapedeck capacity --vary clients --for 200000':
    'npx tapedeck capacity --vary clients --for 200000 --from 50 --max 100 --plateau 4s --warm-up 1s --plays 1 --budget 60s',
  'npx tapedeck soak --hours 8':
    'timeout --preserve-status -s INT 25 node dist/cli/main.js soak --hours 8; test $? -eq 130',
  'npm run trust': 'npm run trust -- --only sound --sound 1 --scenario smoke',
  // CI runs these two around this very test.
  'npm test': 'npx vitest run protocol',
  'npm run test:full': 'npx vitest list --config vitest.full.config.ts',
};
/** A gate on a noisy machine may be invalid (3), which is no fault of the README's. */
const MAY_BE_INVALID = /npm run (gate|trust)|npx tapedeck (gate|compare|capacity)/;

let clone: string;

function run(command: string, cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    execFile('bash', ['-c', command], { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, output: `${out}\n${err}` });
    });
  });
}

beforeAll(async () => {
  clone = mkdtempSync(join(tmpdir(), 'tapedeck-readme-'));
  const cloned = await run(`git clone --quiet ${projectFile()} clone`, clone);
  if (cloned.code !== 0) throw new Error(cloned.output);
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

function commands(): string[] {
  const readme = readFileSync(projectFile('README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)];
  return blocks.flatMap((block) => (block[1] ?? '').split('\n')).filter((line) => line.trim() !== '');
}

describe("the README's commands", () => {
  it('should be found', () => {
    expect(commands().length).toBeGreaterThan(8);
  });

  for (const command of commands()) {
    it(`should run: ${command}`, async () => {
      const asRun = SHORT_FORMS[command] ?? command;
      const ended = await run(asRun, join(clone, 'clone'));
      const allowed = MAY_BE_INVALID.test(command) ? [0, 3] : [0];

      expect(allowed, `${asRun}\n${ended.output.slice(-2000)}`).toContain(ended.code);
    });
  }
});
