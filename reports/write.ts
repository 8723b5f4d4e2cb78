import { readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type Summary, SummarySchema } from '../protocol/schemas/summary.ts';
import { htmlReport } from './html/page.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';

/** Paths of what a run's folder holds. */
export interface ReportFiles {
  readonly summary: string;
  readonly html: string;
  readonly junit: string;
  readonly markdown: string;
}

/** Names of the files in a run's folder. */
export const REPORT_NAMES: ReportFiles = {
  summary: 'summary.json',
  html: 'report.html',
  junit: 'junit.xml',
  markdown: 'summary.md',
};

/** A summary that can't be read, in one line that names the file and the fault. */
export class SummaryError extends Error {
  override readonly name = 'SummaryError';
}

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

const summaryCheck = TypeCompiler.Compile(SummarySchema);

/**
 * Reads a run's `summary.json`; `path` names the file or the run's folder.
 *
 * @throws SummaryError when the file is missing, no JSON, or no summary of this version
 */
export function readSummary(path: string): Summary {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, REPORT_NAMES.summary) : path;
  const parsed = parseJson(file);
  if (summaryCheck.Check(parsed)) return parsed;
  const version = versionOf(parsed);
  if (version !== undefined && version !== 1) {
    throw new SummaryError(`${file}: a summary of version ${version}; this tapedeck reads version 1`);
  }
  const fault = summaryCheck.Errors(parsed).First();
  const place = fault === undefined || fault.path === '' ? 'the whole' : fault.path;
  throw new SummaryError(`${file}: no tapedeck summary: ${place}: ${fault?.message ?? 'not as the schema says'}`);
}

function parseJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new SummaryError(`${file}: can't be read; name a run's folder or its ${REPORT_NAMES.summary}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new SummaryError(`${file}: no JSON (cut off?); repeat the run, or name another`);
  }
}

function versionOf(parsed: unknown): number | undefined {
  if (typeof parsed !== 'object' || parsed === null || !('schema' in parsed) || !('version' in parsed))
    return undefined;
  return parsed.schema === 'tapedeck.summary' && typeof parsed.version === 'number' ? parsed.version : undefined;
}
