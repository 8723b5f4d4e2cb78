import type { Summary } from '../protocol/schemas/summary.ts';
import { testSummary } from './testSummary.ts';

/** A text that breaks out of HTML, XML, Markdown tables, code fences and terminals wherever it isn't escaped. */
export const HOSTILE =
  '"\'><script>alert(1)</script><img src=x onerror=alert(1)>]]>&amp;|\n# pwned\n```\n@everyone [x](javascript:1) <!-- \u0007\u001b[31mred\u0000\u202eevil\ud800';

/** A failing summary that has the hostile text in every field that takes any text. */
export function hostileSummary(): Summary {
  const summary = testSummary({ verdict: 'fail' });
  const text = HOSTILE;
  return {
    ...summary,
    why: text,
    scenario: text,
    description: text,
    startedAt: text,
    commit: text,
    command: text,
    load: text,
    rows: summary.rows.map((row) => ({ ...row, title: text, target: text, measured: text, unit: text, reason: text })),
    seconds: summary.seconds.map((second) => ({ ...second, late: [text] })),
    violations: {
      counts: { [text]: 3 },
      listed: summary.violations.listed.map((one) => ({
        ...one,
        violation: text,
        generator: text,
        stream: text,
        detail: text,
      })),
    },
    marks: summary.marks.map((mark) => ({ ...mark, label: text })),
    tape: { ...summary.tape, path: text, origin: text, sha256: text, eventHash: text, runHash: text },
    environment: { ...summary.environment, node: text, platform: text, cpuModel: text, transport: text },
    notes: [text],
  };
}

/** The summary with each of its numbers replaced, but for histograms, whose counts must add up, and what says how to read it. */
export function withEveryNumber(summary: Summary, number: number): unknown {
  const replace = (value: unknown): unknown => {
    if (typeof value === 'number') return number;
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replace(inner)]));
  };
  const { histograms, version, heat, ...rest } = summary;
  const columns = heat?.columns.map((column) => column.map(() => Math.max(0, number)));
  return { ...Object(replace(rest)), histograms, version, ...(columns && { heat: { ...heat, columns } }) };
}
