import { TypeCompiler } from '@sinclair/typebox/compiler';
import { describe, expect, it } from 'vitest';
import { CapacitySchema } from '../../protocol/schemas/capacity.ts';
import { capacityMarkdown } from './markdown.ts';
import { capacityPage } from './page.ts';
import { testCapacity } from './testCapacity.ts';
import { printCapacity } from './text.ts';

const check = TypeCompiler.Compile(CapacitySchema);

function printed(capacity = testCapacity()): string {
  let text = '';
  printCapacity(capacity, {
    reportPath: 'runs/x/report.html',
    colour: false,
    out: (part) => {
      text += part;
    },
  });
  return text;
}

describe('the report of a search', () => {
  it('should be a document of its schema', () => {
    expect(check.Check(testCapacity())).toBe(true);
  });

  it('should print each plateau, then the bracket, the answer, the report and how to repeat it', () => {
    const lines = printed().split('\n');

    expect(lines[0]).toMatch(/^ *load {2}outcome +p99 +CPU +memory +messages\/s +bytes\/s {2}why$/);
    expect(lines.filter((line) => /✓ held|✗ broken|\? invalid/.test(line))).toHaveLength(
      testCapacity().plateaus.length,
    );
    expect(lines).toContain('Holds 1,600 clients, breaks at 1,760 (tick broke).');
    expect(lines).toContain('report  runs/x/report.html');
    expect(Math.max(...lines.slice(0, 8).map((line) => line.length))).toBeLessThan(150);
  });

  it('should say what is not known as such', () => {
    const capacity = testCapacity();
    const nothing = { ...capacity.bracket, holds: null, breaks: null };

    expect(capacityMarkdown({ ...capacity, bracket: nothing })).toContain('Can’t tell what it holds');
    expect(capacityMarkdown({ ...capacity, bracket: { ...capacity.bracket, breaks: null } })).toContain(
      '1,600 clients at least',
    );
  });

  it('should be one page without scripts or other files, the answer first, every chart with its table', () => {
    const page = capacityPage(testCapacity());

    expect(page).not.toMatch(/<script|src="|href="http/);
    expect(page.indexOf('Holds 1,600 clients')).toBeLessThan(page.indexOf('<svg xmlns'));
    for (const id of ['law', 'latency', 'cpu', 'memory']) expect(page).toContain(`id="${id}"`);
    expect(page.match(/<details>/g)).toHaveLength(4);
    expect(page).toContain('href="plateaus/01-50/report.html"');
    expect(page.length).toBeLessThan(1_000_000);
  });

  it('should draw no law where there is none, and say why', () => {
    const page = capacityPage({ ...testCapacity(), usl: null, uslLacks: 'two plateaus held' });

    expect(page).toContain('No scalability curve: two plateaus held.');
    expect(page).not.toContain('id="law"');
  });

  it('should be safe with texts from a server', () => {
    const capacity = testCapacity();
    const [first, ...rest] = capacity.plateaus;
    const why = '<img src=x> | [x](y) \u0007';
    const hostile = {
      ...capacity,
      plateaus: first === undefined ? rest : [{ ...first, outcome: 'invalid' as const, why }, ...rest],
    };

    expect(capacityPage(hostile)).not.toContain('<img');
    expect(capacityMarkdown(hostile)).toContain('&lt;img');
    expect(printed(hostile)).not.toContain('\u0007');
  });

  it('should be a table in Markdown', () => {
    const markdown = capacityMarkdown(testCapacity());

    expect(markdown).toMatch(/^### tapedeck capacity: Holds 1,600 clients, breaks at 1,760/);
    expect(markdown.match(/^\| +[\d,]+ \|/gm)).toHaveLength(testCapacity().plateaus.length);
    expect(markdown).toContain(`    ${testCapacity().command}`);
  });
});
