import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { REPORT_NAMES } from '../reports/files.ts';
import { htmlReport } from '../reports/html/page.ts';
import { readSummary } from '../reports/read.ts';

/** The path of a run's `report.html`, made from its summary where it is missing. @throws SummaryError when there is no summary either */
export async function reportPage(run: string): Promise<string> {
  const folder = statSync(run).isDirectory() ? run : dirname(run);
  const page = join(folder, REPORT_NAMES.html);
  if (!existsSync(page)) await writeFile(page, htmlReport(readSummary(run)));
  return page;
}

/** How long a starter of browsers may take to say that it can't. */
const STARTER_MS = 5_000;

/** Opens a file with the system's starter of browsers; false where there is none, or where it fails. */
export function openInBrowser(file: string): Promise<boolean> {
  const starter = starterFor(process.platform, process.env);
  if (starter === undefined) return Promise.resolve(false);
  const [command, ...args] = starter;
  return new Promise((done) => {
    const child = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
    // A starter that stays is a browser that runs.
    const timer = setTimeout(() => done(true), STARTER_MS);
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0));
    const end = (opened: boolean): void => {
      clearTimeout(timer);
      done(opened);
    };
    child.unref();
  });
}

/** The command that opens a file in a browser; undefined without one, or without a screen to show it on. */
export function starterFor(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly [string, ...string[]] | undefined {
  if (platform === 'darwin') return ['open'];
  // `start` takes its first quoted argument for a window's title.
  if (platform === 'win32') return ['cmd', '/c', 'start', ''];
  const hasScreen = Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
  const isThere = (env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'xdg-open')));
  return hasScreen && isThere ? ['xdg-open'] : undefined;
}
