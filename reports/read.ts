import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type Summary, SummarySchema } from '../protocol/schemas/summary.ts';
import { SummaryError } from './errors.ts';
import { CAPACITY_NAME, COMPARISON_NAME, REPORT_NAMES } from './files.ts';
import { Histogram } from './histogram.ts';

const summaryCheck = TypeCompiler.Compile(SummarySchema);

/**
 * Reads a run's `summary.json`; `path` names the file or the run's folder.
 *
 * @throws SummaryError when the file is missing, no JSON, or no summary of this version
 */
export function readSummary(path: string): Summary {
  const file = summaryFile(path);
  const other = heldInstead(path, file);
  if (other !== '') throw new SummaryError(other, 'bad');
  const parsed = parseJson(file);
  if (!summaryCheck.Check(parsed)) throw faultOf(parsed, file);
  for (const [metric, json] of Object.entries(parsed.histograms)) {
    const fault = histogramFault(json);
    if (fault !== '') throw new SummaryError(`${file}: no tapedeck summary: /histograms/${metric}: ${fault}`, 'bad');
  }
  return parsed;
}

/** The `summary.json` that a path means: itself, or the one in its folder. */
function summaryFile(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? join(path, REPORT_NAMES.summary) : path;
}

/** What a folder, or a file in it, holds instead of a run, and what shows it; '' where it may be a run. */
function heldInstead(path: string, file: string): string {
  const isFolder = file !== path;
  const holds = (name: string): boolean => (isFolder ? existsSync(join(path, name)) : basename(path) === name);
  if (isFolder && existsSync(file)) return '';
  if (holds(COMPARISON_NAME)) return `${path}: a comparison, not a run; "tapedeck report open" shows it`;
  if (!holds(CAPACITY_NAME)) return '';
  return `${path}: a search for capacity, not a run; "tapedeck report open" shows it, and its plateaus are runs`;
}

function parseJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new SummaryError(`${file}: can't be read; name a run's folder or its ${REPORT_NAMES.summary}`, 'missing');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new SummaryError(`${file}: no JSON (cut off?); repeat the run, or name another`, 'bad');
  }
}

function faultOf(parsed: unknown, file: string): SummaryError {
  const version = versionOf(parsed);
  if (version !== undefined && version !== 1) {
    return new SummaryError(`${file}: a summary of version ${version}; this tapedeck reads version 1`, 'bad');
  }
  const fault = summaryCheck.Errors(parsed).First();
  const place = fault === undefined || fault.path === '' ? 'the whole' : fault.path;
  return new SummaryError(
    `${file}: no tapedeck summary: ${place}: ${fault?.message ?? 'not as the schema says'}`,
    'bad',
  );
}

/** The highest bucket of a whole number below 2^53. */
const LAST_BUCKET = 45_055;

/** What is wrong with a histogram beyond its types; '' when nothing is. */
function histogramFault(json: Summary['histograms'][string]): string {
  let before = -1;
  for (const [index, count] of json.buckets) {
    if (index <= before || index > LAST_BUCKET || count < 1) return `bucket ${index} is out of order or empty`;
    before = index;
  }
  try {
    Histogram.fromJSON(json);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

function versionOf(parsed: unknown): number | undefined {
  if (typeof parsed !== 'object' || parsed === null || !('schema' in parsed) || !('version' in parsed))
    return undefined;
  return parsed.schema === 'tapedeck.summary' && typeof parsed.version === 'number' ? parsed.version : undefined;
}
