import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compareCommand } from '../cli/compare.ts';
import { gateCommand } from '../cli/gate.ts';
import { projectFile } from '../simulator/paths.ts';

const page = readFileSync(new URL('ci.md', import.meta.url), 'utf8');
const actionText = readFileSync(projectFile('action.yml'), 'utf8');
const workflowText = readFileSync(projectFile('.github', 'workflows', 'tapedeck.yml'), 'utf8');
const root = mkdtempSync(join(tmpdir(), 'tapedeck-ci-'));
afterAll(() => rmSync(root, { recursive: true }));

/** What GitHub demands of a step; a step of a composite action names its shell too. */
const exact = { additionalProperties: false } as const;
const Shared = {
  id: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  if: Type.Optional(Type.String()),
  env: Type.Optional(Type.Record(Type.String(), Type.String())),
  'continue-on-error': Type.Optional(Type.Boolean()),
};
const Uses = Type.Object(
  {
    ...Shared,
    uses: Type.String({ pattern: '^(\\./|[\\w-]+/[\\w-]+@([0-9a-f]{40}|COMMIT)$)' }),
    with: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
  },
  exact,
);
const Run = Type.Object({ ...Shared, run: Type.String() }, exact);
const ShellRun = Type.Object(
  { ...Shared, run: Type.String(), shell: Type.Literal('bash'), 'working-directory': Type.Optional(Type.String()) },
  exact,
);
const Action = Type.Object(
  {
    name: Type.String(),
    description: Type.String({ maxLength: 125 }),
    branding: Type.Object({ icon: Type.String(), color: Type.String() }, exact),
    inputs: Type.Record(Type.String(), Type.Object({ description: Type.String(), default: Type.String() }, exact)),
    outputs: Type.Record(Type.String(), Type.Object({ description: Type.String(), value: Type.String() }, exact)),
    runs: Type.Object({ using: Type.Literal('composite'), steps: Type.Array(Type.Union([Uses, ShellRun])) }, exact),
  },
  exact,
);
const Workflow = Type.Object(
  {
    name: Type.String(),
    on: Type.Union([Type.String(), Type.Record(Type.String(), Type.Null())]),
    permissions: Type.Record(Type.String(), Type.Union([Type.Literal('read'), Type.Literal('write')])),
    concurrency: Type.Optional(Type.Object({ group: Type.String(), 'cancel-in-progress': Type.Boolean() }, exact)),
    jobs: Type.Record(
      Type.String(),
      Type.Object(
        {
          if: Type.Optional(Type.String()),
          'runs-on': Type.String(),
          'timeout-minutes': Type.Integer(),
          steps: Type.Array(Type.Union([Uses, Run])),
        },
        exact,
      ),
    ),
  },
  exact,
);

/** Code blocks of the page in one language. */
function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);
}

const action = Value.Parse(Action, parse(actionText));
const [githubText = '', stepsText = '', gitlabText = ''] = blocks('yaml');

describe('action.yml', () => {
  it('should use each input that it declares, and declare each that it uses', () => {
    const used = new Set([...actionText.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));

    expect(Object.keys(action.inputs).filter((name) => !used.has(name))).toEqual([]);
    expect([...used].filter((name) => action.inputs[name ?? ''] === undefined)).toEqual([]);
  });

  it('should let no input into the text of a script', () => {
    for (const step of action.runs.steps) if ('run' in step) expect(step.run).not.toContain('${{');
  });

  it('should keep none of the files that hold tokens', () => {
    const upload = action.runs.steps.find((step) => 'uses' in step && step.uses.startsWith('actions/upload-artifact'));
    const paths = upload !== undefined && 'with' in upload ? String(upload.with?.['path']) : '';

    expect(paths.trim().split('\n')).toHaveLength(5);
    expect(paths).not.toMatch(/plan|ndjson|\*|report \}\}\n/);
  });

  it('should have each of its inputs and outputs on the page', () => {
    const named = new Set([...page.matchAll(/`([\w-]+)`/g)].map(([, name]) => name));

    expect([...Object.keys(action.inputs), ...Object.keys(action.outputs)].filter((name) => !named.has(name))).toEqual(
      [],
    );
  });
});

describe('workflows', () => {
  it.each([
    ['of this repository', workflowText],
    ['on the page', githubText],
  ])('should be such as GitHub takes, with known inputs and pinned actions: %s', (_, text) => {
    const workflow = Value.Parse(Workflow, parse(text));

    for (const job of Object.values(workflow.jobs)) {
      for (const step of job.steps) if ('uses' in step) expectKnownInputs(step);
    }
  });

  it('should have steps for two builds of a server on the page', () => {
    const steps = Value.Parse(Type.Array(Type.Union([Uses, Run])), parse(stepsText));

    for (const step of steps) if ('uses' in step) expectKnownInputs(step);
    expect(steps).toHaveLength(2);
  });

  function expectKnownInputs({ uses, with: given = {} }: { uses: string; with?: Record<string, unknown> }): void {
    if (uses !== './' && !uses.startsWith('OWNER/tapedeck')) return;
    expect(Object.keys(given).filter((name) => action.inputs[name] === undefined)).toEqual([]);
  }
});

describe('other CI systems', () => {
  it('should have a GitLab job that keeps the report and lets exit 3 warn', () => {
    const Job = Type.Object(
      {
        image: Type.String(),
        timeout: Type.String(),
        script: Type.Array(Type.String(), { minItems: 1 }),
        allow_failure: Type.Object({ exit_codes: Type.Tuple([Type.Literal(3)]) }, exact),
        artifacts: Type.Object(
          {
            when: Type.Literal('always'),
            paths: Type.Array(Type.String()),
            reports: Type.Object({ junit: Type.String() }, exact),
          },
          exact,
        ),
      },
      exact,
    );
    const { tapedeck } = Value.Parse(Type.Object({ tapedeck: Job }, exact), parse(gitlabText));

    expect(tapedeck.artifacts.reports.junit).toBe('tapedeck-report/junit.xml');
  });

  it('should have a Jenkins pipeline whose brackets and quotes are closed', () => {
    const [pipeline = ''] = blocks('groovy');
    const bare = pipeline.replace(/'[^'\n]*'|"[^"\n]*"/g, '');
    const open: string[] = [];
    for (const [bracket] of bare.matchAll(/[{}()]/g)) {
      if (bracket === '{' || bracket === '(') open.push(bracket);
      else expect(open.pop()).toBe(bracket === '}' ? '{' : '(');
    }

    expect(open).toEqual([]);
    expect(bare).not.toMatch(/['"]/);
    expect([...pipeline.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name)).toEqual([
      'agent',
      'options',
      'stages',
      'post',
    ]);
  });

  it('should call commands by options that they have', () => {
    const options = [gateCommand(), compareCommand()].flatMap((command) =>
      command.options.map(({ long = '' }) => long),
    );
    const scripts = readFileSync(projectFile('.github', 'action', 'run.sh'), 'utf8');
    const called = [
      ...[...page.matchAll(/tapedeck gate (--[^'`\n]*)/g)].flatMap(([, args = '']) => args.match(/--[\w-]+/g) ?? []),
      ...[...scripts.matchAll(/^add (--[\w-]+)/gm)].map(([, name = '']) => name),
    ];

    expect(called.length).toBeGreaterThan(10);
    expect(called.filter((name) => !options.includes(name))).toEqual([]);
  });
});

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs one of the action's scripts with stand-ins for what a runner has: `npx` and `gh` write down what they are told. */
function script(name: string, env: Record<string, string>): Promise<Ended> {
  return new Promise((done) => {
    const all = { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, RUNNER_TEMP: root, ...env };
    execFile('bash', [projectFile('.github', 'action', name)], { env: all }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, output: out + err });
    });
  });
}

function standIn(name: string, text: string): void {
  mkdirSync(join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'bin', name), `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}

const INPUTS = {
  INPUT_SCENARIO: 'smoke',
  INPUT_TARGETS: '',
  INPUT_TARGET: '',
  INPUT_LOAD: '',
  INPUT_AGAINST: '',
  INPUT_A: '',
  INPUT_B: '',
  INPUT_ARGS: '',
  INPUT_PACKAGE: 'tapedeck',
  INPUT_NAME: 'tapedeck',
};

async function run(inputs: Record<string, string>, exitCode: number) {
  const name = `run-${Object.values(inputs).join('-').replace(/\W+/g, '')}${exitCode}`;
  const files = {
    GITHUB_OUTPUT: join(root, `${name}.output`),
    GITHUB_STEP_SUMMARY: join(root, `${name}.summary`),
    TOLD: join(root, `${name}.told`),
  };
  standIn(
    'npx',
    'printf "%s\\n" "$@" >"$TOLD"\n[[ $EXIT -lt 64 ]] && mkdir -p "$5" && echo "### judged" >"$5/summary.md"\nexit "$EXIT"',
  );
  const ended = await script('run.sh', { ...INPUTS, ...inputs, ...files, EXIT: String(exitCode) });
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return {
    ...ended,
    told: read(files.TOLD).trimEnd().split('\n'),
    outputs: read(files.GITHUB_OUTPUT),
    summary: read(files.GITHUB_STEP_SUMMARY),
  };
}

describe('the action’s scripts', () => {
  it('should run a gate, keep its exit code and put its Markdown into the summary', async () => {
    const { code, told, outputs, summary } = await run({ INPUT_ARGS: '--seed\n7\n' }, 3);

    expect(code).toBe(0);
    expect(told).toEqual([
      ...['--yes', 'tapedeck', 'gate', '--out', join(root, 'tapedeck-report')],
      ...['--scenario', 'smoke', '--seed', '7'],
    ]);
    expect(outputs).toBe(`exit-code=3\nverdict=invalid\nreport=${join(root, 'tapedeck-report')}\n`);
    expect(summary).toBe('### judged\n');
  });

  it('should compare where there is something to compare with, each argument in one piece', async () => {
    const { told } = await run({ INPUT_A: 'node "a b".js; rm -rf $HOME', INPUT_B: '$(id)' }, 0);

    expect(told.slice(2, 3)).toEqual(['compare']);
    expect(told.slice(-4)).toEqual(['--a', 'node "a b".js; rm -rf $HOME', '--b', '$(id)']);
  });

  it('should say so where there is no report', async () => {
    const { outputs, summary } = await run({}, 66);

    expect(outputs).toContain('verdict=error\n');
    expect(summary).toContain('no report (exit code 66)');
  });

  it('should refuse a name that could be more than a name', async () => {
    const { code, output } = await run({ INPUT_NAME: '../x' }, 0);

    expect(code).toBe(64);
    expect(output).toContain('the input name may have letters');
  });

  it.each([
    ['', '--method POST repos/o/r/issues/12/comments'],
    ['77\n78', '--method PATCH repos/o/r/issues/comments/77'],
  ])('should write one comment and write it anew: found %j', async (found, called) => {
    const told = join(root, `gh${found.length}`);
    const report = join(root, 'commented');
    mkdirSync(report, { recursive: true });
    writeFileSync(join(report, 'summary.md'), 'Verdict\n');
    standIn('gh', `echo "$@" >>"$TOLD"\n[[ $2 == --paginate ]] && printf '%s' "$FOUND"\nexit 0`);

    const { code, output } = await script('comment.sh', {
      ...{ TOLD: told, FOUND: found, REPORT: report, INPUT_NAME: 'gate', PULL_REQUEST: '12' },
      ...{ GITHUB_REPOSITORY: 'o/r', GITHUB_SERVER_URL: 'https://github.test', GITHUB_RUN_ID: '5' },
    });

    expect(output).toBe('');
    expect(code).toBe(0);
    expect(readFileSync(told, 'utf8')).toContain(called);
    expect(readFileSync(told, 'utf8')).toContain('github-actions[bot]');
    expect(readFileSync(join(root, 'gate-comment.md'), 'utf8')).toMatch(
      /^<!-- tapedeck:gate -->\nVerdict\n\n.*github\.test\/o\/r\/actions\/runs\/5/,
    );
  });

  it.each([
    ['0', 'fail', 0],
    ['1', 'warn', 1],
    ['3', 'fail', 3],
    ['3', 'warn', 0],
    ['66', 'warn', 66],
  ])('should end exit code %s with on-invalid %s as %i', async (exitCode, onInvalid, ends) => {
    const { code } = await script('verdict.sh', { EXIT_CODE: exitCode, INPUT_ON_INVALID: onInvalid });

    expect(code).toBe(ends);
  });
});
