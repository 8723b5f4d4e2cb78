import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { projectFile } from '../../simulator/paths.ts';
import { DIALECTS } from './case.ts';
import { CASES, chooseCases } from './cases.ts';

/** Anchors of PROTOCOL.md's headings, as GitHub makes them. */
function anchors(): Set<string> {
  const text = readFileSync(projectFile('PROTOCOL.md'), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the cases', () => {
  it('should be at least 250, each with a name of its own', () => {
    const names = CASES.map(({ name }) => name);

    expect(names.length).toBeGreaterThanOrEqual(250);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z0-9-]+\.[a-z-]+\.[A-Za-z0-9_-]+$/.test(name))).toEqual([]);
  });

  it('should be of every dialect', () => {
    expect([...new Set(CASES.map(({ dialect }) => dialect))].sort()).toEqual([...DIALECTS].sort());
    expect(CASES.filter(({ name, dialect }) => !name.startsWith(`${dialect}.`))).toEqual([]);
  });

  it('should each point at a paragraph that is there', () => {
    const known = anchors();

    expect([...new Set(CASES.map(({ paragraph }) => paragraph))].filter((paragraph) => !known.has(paragraph))).toEqual(
      [],
    );
  });
});

describe('chooseCases', () => {
  it('should take any text for a star, and nothing else for a mark', () => {
    const names = (only: readonly string[]): string[] => chooseCases({ only }).map(({ name }) => name);

    expect(names(['native.ping.is-answered-by-a-pong-with-its-id'])).toHaveLength(1);
    expect(names(['native.resume.*']).every((name) => name.startsWith('native.resume.'))).toBe(true);
    expect(names(['native.resume.*', 'http.health.*']).length).toBeGreaterThan(names(['native.resume.*']).length);
    expect(names(['native.resume'])).toEqual([]);
    expect(names(['nativeXping.*'])).toEqual([]);
  });

  it('should keep to dialects', () => {
    expect(new Set(chooseCases({ dialects: ['paiid'] }).map(({ dialect }) => dialect))).toEqual(new Set(['paiid']));
  });
});
