/** What k6 hands to `handleSummary`, as far as it is used here. */
export interface SummaryData {
  readonly metrics: Readonly<Record<string, SummaryMetric | undefined>>;
}
interface SummaryMetric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

/** One judged line of a run by hand. */
interface Judged {
  readonly metric: string;
  readonly threshold: string;
  readonly ok: boolean;
  readonly values: Readonly<Record<string, number>>;
}

/** Makes the end of a run by hand: a table on stdout, and JSON in the file that `TAPEDECK_SUMMARY` names, if it does. */
export function summaryOutputs(data: SummaryData, script: string): Record<string, string> {
  const judged: Judged[] = [];
  for (const [metric, entry] of Object.entries(data.metrics)) {
    for (const [threshold, { ok }] of Object.entries(entry?.thresholds ?? {})) {
      judged.push({ metric, threshold, ok, values: entry?.values ?? {} });
    }
  }
  const verdict = judged.length > 0 && judged.every(({ ok }) => ok) ? 'pass' : 'fail';
  const lines = judged.map(
    ({ metric, threshold, ok, values }) =>
      `  ${ok ? 'pass' : 'FAIL'}  ${metric.padEnd(32)}${threshold.padEnd(16)}${valuesText(values)}`,
  );
  const outputs: Record<string, string> = { stdout: [`${script}: ${verdict}`, ...lines, ''].join('\n') };
  const file = __ENV['TAPEDECK_SUMMARY'];
  if (file) outputs[file] = `${JSON.stringify({ script, verdict, judged }, null, 2)}\n`;
  return outputs;
}

function valuesText(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .filter(([name]) => name !== 'rate')
    .map(([name, value]) => `${name}=${Number.isInteger(value) ? value : value.toFixed(2)}`)
    .join(' ');
}
