import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Capacity } from '../../protocol/schemas/capacity.ts';
import { CAPACITY_NAME } from '../files.ts';
import { capacityMarkdown } from './markdown.ts';
import { capacityPage } from './page.ts';

/** Writes a search's report into `folder`, which is made where it's missing: `capacity.json`, `report.html` and `summary.md`. */
export async function writeCapacity(folder: string, capacity: Capacity): Promise<void> {
  await mkdir(folder, { recursive: true });
  // The figures first: should a later file fail, nothing that was measured is lost.
  await writeFile(join(folder, CAPACITY_NAME), `${JSON.stringify(capacity, null, 2)}\n`);
  await Promise.all([
    writeFile(join(folder, 'report.html'), capacityPage(capacity)),
    writeFile(join(folder, 'summary.md'), capacityMarkdown(capacity)),
  ]);
}
