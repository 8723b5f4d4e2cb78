import { SummaryError } from '../reports/errors.ts';
import { readSummary } from '../reports/read.ts';
import { storedRuns } from '../reports/stored.ts';
import { formatUtc, plain, VERDICT_WORDS } from '../reports/words.ts';

/** The runs of a folder, newest first, as lines or as one JSON document. A run that can't be read says so in its place. */
export function listRuns({
  folder,
  limit,
  format,
}: {
  readonly folder: string;
  readonly limit: number;
  readonly format: 'text' | 'json';
}): string {
  const stored = storedRuns(folder);
  const runs = stored.slice(0, limit).map(({ name, folder: path }) => ({ name, path, ...told(path) }));
  if (format === 'json') return `${JSON.stringify(runs)}\n`;
  if (runs.length === 0) return `no runs in ${folder}; tapedeck gate makes one\n`;
  const lines = runs.map((run) =>
    'error' in run
      ? `?  ${plain(run.name)}  can't be read: ${plain(run.error)}`
      : `${VERDICT_WORDS[run.verdict].sign}  ${plain(run.name)}  ${formatUtc(Date.parse(run.startedAt) * 1000)}  ${run.verdict}, ${plain(run.load)}: ${clip(plain(run.why))}`,
  );
  const more = stored.length - runs.length;
  return `${lines.join('\n')}\n${more > 0 ? `${more} older ones are not shown; see --limit\n` : ''}`;
}

const MOST_LETTERS = 120;

function clip(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

function told(path: string) {
  try {
    const { startedAt, verdict, why, scenario, load, seed, commit } = readSummary(path);
    return { startedAt, verdict, why, scenario, load, seed, commit };
  } catch (error) {
    if (error instanceof SummaryError) return { error: error.message };
    throw error;
  }
}
