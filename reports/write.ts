import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Summary } from '../protocol/schemas/summary.ts';
import { REPORT_NAMES, type ReportFiles } from './files.ts';
import { htmlReport } from './html/page.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';

/**
 * Writes a run's report into `folder`, which is made where it's missing: `summary.json`, and what is derived from it
 * alone: `report.html`, `junit.xml` and `summary.md`. What stood there under these names is replaced.
 */
export async function writeReport(folder: string, summary: Summary): Promise<ReportFiles> {
  await mkdir(folder, { recursive: true });
  const files: ReportFiles = {
    summary: join(folder, REPORT_NAMES.summary),
    html: join(folder, REPORT_NAMES.html),
    junit: join(folder, REPORT_NAMES.junit),
    markdown: join(folder, REPORT_NAMES.markdown),
  };
  // The figures first: should a later file fail, nothing that was measured is lost.
  await writeFile(files.summary, `${pretty(summary)}\n`);
  await Promise.all([
    writeFile(files.html, htmlReport(summary)),
    writeFile(files.junit, junitReport(summary)),
    writeFile(files.markdown, markdownReport(summary)),
  ]);
  return files;
}

/** Indented JSON, but lists of numbers (thousands of buckets) on a line each. A line end never stands inside a string. */
function pretty(summary: Summary): string {
  return JSON.stringify(summary, null, 2).replace(
    /\[\n\s+([-+.\deE]+(?:,\n\s+[-+.\deE]+)*)\n\s+\]/g,
    (_, numbers: string) => `[${numbers.replace(/\s+/g, ' ')}]`,
  );
}
