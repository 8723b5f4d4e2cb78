import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { gateCommand } from '../cli/gate.ts';
import { mergeCommand } from '../cli/reportMerge.ts';
import { swarmCommand } from '../cli/swarm.ts';
import { projectFile } from '../simulator/paths.ts';

const FIXTURES = ['fixtures', 'k6-operator'] as const;
const K6_OPERATOR = ['deploy', 'k6-operator'] as const;

interface Schema {
  readonly [key: string]: unknown;
}

/** The schema as the API server has it, and stricter: a field that it would drop without a word is a fault here. */
function exact(schema: Schema): Schema {
  const own = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, deeper(value)]));
  const isOpen = !isSchema(schema['properties']) || 'additionalProperties' in schema;
  return isOpen ? own : { ...own, additionalProperties: false };
}

function deeper(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deeper);
  return isSchema(value) ? exact(value) : value;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const crd = parse(readFileSync(projectFile(...FIXTURES, 'testruns.crd.yaml'), 'utf8'));
const schema = exact(crd.spec.versions[0].schema.openAPIV3Schema);
const runner = crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.runner.properties;
const ajv = new Ajv({ strict: false, validateFormats: false });

function faults(of: Schema, value: unknown): string[] {
  const check = ajv.compile(of);
  if (check(value)) return [];
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function documents(name: string) {
  return parseAllDocuments(readFileSync(projectFile(...K6_OPERATOR, name), 'utf8')).map((document) => document.toJS());
}

function testRun() {
  return documents('testrun.yaml')[0];
}

/** Long options in a command line of ours. */
function optionsIn(line: string): string[] {
  return [...line.matchAll(/(?<=\s)--[a-z-]+/g)].map(([option]) => option);
}

describe('manifests for k6-operator', () => {
  it('should be what the API server takes', () => {
    expect(faults(schema, testRun())).toEqual([]);
  });

  it('should be held against a schema that finds a fault', () => {
    const { spec, ...rest } = testRun();

    expect(faults(schema, { ...rest, spec: { ...spec, parallelism: 'four' } }).join()).toContain(
      '/spec/parallelism must be integer',
    );
    expect(faults(schema, { ...rest, spec: { ...spec, paralellism: 4 } }).join()).toContain(
      'must NOT have additional properties',
    );
    const { script: _, ...without } = spec;
    expect(faults(schema, { ...rest, spec: without }).join()).toContain("must have required property 'script'");
  });

  it('should say the same number of generators everywhere', () => {
    const { spec } = testRun();
    const segments = /TAPEDECK_SEGMENTS=(\d+)/.exec(spec.arguments)?.[1];
    const gate = JSON.stringify(documents('gate.yaml'));

    expect(Number(segments)).toBe(spec.parallelism);
    expect(gate).toContain(`--generators ${spec.parallelism} `);
  });

  it('should have jobs whose containers are as Kubernetes wants them', () => {
    const jobs = [...documents('gate.yaml'), ...documents('merge.yaml')].filter(({ kind }) => kind === 'Job');
    for (const { spec } of jobs) {
      const { containers, volumes } = spec.template.spec;
      for (const { env = [], volumeMounts } of containers) {
        expect(faults(exact(runner.env), env)).toEqual([]);
        expect(faults(exact(runner.volumeMounts), volumeMounts)).toEqual([]);
      }
      expect(faults(exact(runner.volumes), volumes)).toEqual([]);
    }
    expect(jobs).toHaveLength(2);
  });

  it('should use options that our commands have', () => {
    const known = [gateCommand(), swarmCommand(), mergeCommand()].flatMap(({ options }) =>
      options.map(({ long }) => long),
    );
    const files = ['testrun.yaml', 'gate.yaml', 'merge.yaml'].flatMap((name) =>
      documents(name).flatMap((document) => optionsIn(JSON.stringify(document).replaceAll('","', ' '))),
    );
    const script = readFileSync(projectFile('deploy', 'machines', 'run.sh'), 'utf8');
    const used = [
      ...files,
      ...optionsIn(
        script
          .split('\n')
          .filter((line) => line.includes('npx tapedeck'))
          .join('\n'),
      ),
    ];

    expect(used.length).toBeGreaterThan(8);
    for (const option of used) expect(known).toContain(option);
  });

  it('should be held against the schema whose origin is stated, unchanged', () => {
    const { files } = JSON.parse(readFileSync(projectFile(...FIXTURES, 'manifest.json'), 'utf8'));
    for (const { file, bytes, sha256 } of files) {
      const content = readFileSync(projectFile(...FIXTURES, file));
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });
});

describe('the script for machines by ssh', () => {
  it('should be a script that the shell can read', () => {
    execFileSync('sh', ['-n', projectFile('deploy', 'machines', 'run.sh')]);
  });
});
