/**
 * Makes a fixture of recorded blocks of a comparison of one build with itself (`compare --against HEAD` in a clean
 * checkout): `tsx tools/record-compare.ts COMPARISON.json fixtures/compare/NAME.json "on what machine"`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { COMPARED_METRICS, ComparisonSchema } from '../protocol/schemas/comparison.ts';

const [from, to, machine] = process.argv.slice(2);
if (from === undefined || to === undefined || machine === undefined) {
  process.stderr.write('usage: tsx tools/record-compare.ts COMPARISON.json OUT.json "on what machine"\n');
  process.exit(64);
}
const comparison = Value.Parse(ComparisonSchema, JSON.parse(readFileSync(from, 'utf8')));
const { arms, startedAt, scenario, load } = comparison;
const blocks = comparison.blocks.map((block) => ({
  startedAt: block.startedAt,
  late: block.late,
  figures: Object.fromEntries(COMPARED_METRICS.map((metric) => [metric, rounded(block.figures[metric] ?? null)])),
}));
const head = {
  version: 1,
  origin: `${blocks.length} blocks of one build (${arms.a}; ${arms.b}) against itself, scenario ${scenario}, load by ${load}, from ${startedAt}, ${machine}`,
  licence: 'Apache-2.0',
};
const lines = blocks.map((block) => `    ${JSON.stringify(block)}`).join(',\n');
writeFileSync(to, `${JSON.stringify(head, null, 2).replace(/\n\}$/, '')},\n  "blocks": [\n${lines}\n  ]\n}\n`);

/** Five significant digits: no figure is known better. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(5));
}
