import { createRequire } from 'node:module';
import type { Builder } from 'junit-report-builder';
import type { Result } from './run.ts';

/** Its types promise a `default` that the CommonJS module doesn't have: required, it is what it says. */
const junit: Builder = createRequire(import.meta.url)('junit-report-builder');

/** Formats of the suite's results. */
export const FORMATS = ['tap', 'junit', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** Writes results as TAP 14, JUnit XML or JSON. */
export function report(results: readonly Result[], format: Format): string {
  switch (format) {
    case 'tap':
      return tap(results);
    case 'junit':
      return xml(results);
    case 'json':
      return `${JSON.stringify({ ...counts(results), results: results.map(linked) }, undefined, 2)}\n`;
  }
}

/** How many cases passed, broke and were skipped. */
export function counts(results: readonly Result[]): {
  readonly pass: number;
  readonly broken: number;
  readonly skip: number;
} {
  const of = (status: Result['status']): number => results.filter((result) => result.status === status).length;
  return { pass: of('pass'), broken: of('broken'), skip: of('skip') };
}

/** The paragraph of PROTOCOL.md that a result is about. */
function paragraphOf({ paragraph }: Pick<Result, 'paragraph'>): string {
  return `PROTOCOL.md#${paragraph}`;
}

function linked(result: Result): Result {
  return { ...result, paragraph: paragraphOf(result) };
}

function tap(results: readonly Result[]): string {
  const { pass, broken, skip } = counts(results);
  const lines = results.flatMap((result, at) => tapLines(result, at + 1));
  return [
    'TAP version 14',
    `1..${results.length}`,
    ...lines,
    `# pass ${pass}`,
    `# broken ${broken}`,
    `# skip ${skip}`,
    '',
  ].join('\n');
}

function tapLines(result: Result, number: number): string[] {
  const { name, status, expected, came, durationMs } = result;
  if (status === 'skip') return [`ok ${number} - ${name} # SKIP ${oneLine(came).replaceAll('#', '\\#')}`];
  return [
    `${status === 'pass' ? 'ok' : 'not ok'} ${number} - ${name}`,
    '  ---',
    `  expected: ${JSON.stringify(oneLine(expected))}`,
    `  came: ${JSON.stringify(oneLine(came))}`,
    `  paragraph: ${JSON.stringify(paragraphOf(result))}`,
    `  duration_ms: ${durationMs}`,
    '  ...',
  ];
}

function xml(results: readonly Result[]): string {
  const builder = junit.newBuilder().name('tapedeck conform');
  for (const dialect of new Set(results.map((result) => result.dialect))) {
    const suite = builder.testSuite().name(`conform.${dialect}`);
    for (const result of results.filter((candidate) => candidate.dialect === dialect)) {
      const one = suite
        .testCase()
        .className(`conform.${dialect}`)
        .name(result.name)
        .time(result.durationMs / 1000);
      const words = printable(`expected: ${result.expected}\ncame: ${result.came}\n${paragraphOf(result)}`);
      if (result.status === 'broken') one.failure(words, 'broken');
      if (result.status === 'skip') one.skipped();
      // Output goes into a CDATA section, whose end the builder doesn't escape.
      if (result.status !== 'broken') one.standardOutput(words.replaceAll(']]>', ']] >'));
    }
  }
  return builder.build();
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ');
}

/** What a server sent may hold anything; neither XML nor a terminal may. */
function printable(text: string): string {
  return text.replace(/[^\t\n\r\P{C}]|[\ufffe\uffff]/gu, '\ufffd');
}
