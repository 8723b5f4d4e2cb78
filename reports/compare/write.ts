import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison } from '../../protocol/schemas/comparison.ts';
import { COMPARISON_NAME } from '../files.ts';
import { comparisonJunit } from './junit.ts';
import { comparisonMarkdown } from './markdown.ts';
import { comparisonPage } from './page.ts';

/**
 * Writes a comparison into `folder`, which is made where it's missing: `comparison.json`, and what is derived from it:
 * `report.html`, `junit.xml` and `summary.md`.
 */
export async function writeComparison(folder: string, comparison: Comparison): Promise<void> {
  await mkdir(folder, { recursive: true });
  // The figures first: should a later file fail, nothing that was measured is lost.
  await writeFile(join(folder, COMPARISON_NAME), `${JSON.stringify(comparison, null, 2)}\n`);
  await Promise.all([
    writeFile(join(folder, 'report.html'), comparisonPage(comparison)),
    writeFile(join(folder, 'junit.xml'), comparisonJunit(comparison)),
    writeFile(join(folder, 'summary.md'), comparisonMarkdown(comparison)),
  ]);
}
