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

/** What holds the figures of a comparison, and of a search for capacity, in folders that are no run's. */
export const COMPARISON_NAME = 'comparison.json';
export const CAPACITY_NAME = 'capacity.json';
