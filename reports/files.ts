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
