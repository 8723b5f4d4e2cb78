import { describe, expect, it } from 'vitest';
import type { History } from '../../protocol/schemas/history.ts';
import { historyPage } from './page.ts';
import { historyBenchmark, historyMarkdown, historyText } from './text.ts';
import { changeSentence, sparkline } from './words.ts';

const points = Array.from({ length: 12 }, (_, at) => ({
  run: `run-${at}`,
  startedAt: `2026-11-${String(at + 1).padStart(2, '0')}T00:00:00.000Z`,
  commit: `c${at}`,
  value: at < 6 ? 10_000 : 11_200,
}));
const change = {
  at: 6,
  run: 'run-6',
  commit: 'c6',
  ratio: 1.12,
  interval: [1.08, 1.16] as [number, number],
  p: 0.005,
};
const history: History = {
  schema: 'tapedeck.history',
  version: 1,
  series: [
    { metric: 'tick.p99', scenario: 'default', load: 'swarm', machine: '2 x model', points, changes: [change] },
    {
      metric: 'cpu',
      scenario: 'default',
      load: 'swarm',
      machine: '2 x model',
      points: points.slice(0, 1),
      changes: [],
    },
  ],
  leftOut: [{ run: 'bad', why: 'invalid <script>' }],
};

describe('the history of stored runs', () => {
  it('should say what rose, by how much, at which run and commit', () => {
    expect(changeSentence({ metric: 'tick.p99' }, change)).toBe(
      'tick.p99 rose 12 % (+8.0 % to +16 %) at run run-6, commit c6',
    );
    expect(changeSentence({ metric: 'cpu' }, { ...change, ratio: 0.8, interval: [0.7, 0.9] })).toMatch(
      /^cpu fell 20 % \(-30 % to -10 %\)/,
    );
    expect(changeSentence({ metric: 'cpu' }, { ...change, ratio: 3 })).toMatch(/^cpu rose to 3.0x/);
  });

  it('should draw trends in a table for the terminal, and say what is left out', () => {
    const text = historyText(history, { pagePath: 'runs/history.html' });
    expect(text).toMatch(/tick.p99 {2}12 +▁▁▁▁▁▁██████ {2}11.2 ms {2}\+12 % at run-6/);
    expect(text).toMatch(/cpu +1 +▁ +10 ms +none/);
    expect(text).toContain('left out: bad: invalid <script>');
    expect(sparkline([1, 2, 3])).toBe('▁▅█');
  });

  it('should be Markdown, and what github-action-benchmark reads', () => {
    expect(historyMarkdown(history)).toContain('- tick.p99 rose 12 %');
    expect(historyBenchmark(history)[0]).toEqual({
      name: 'default, swarm: tick.p99',
      unit: 'us',
      value: 11_200,
      extra: 'run run-11, commit c11',
    });
  });

  it('should be a page that needs no other file, with a table behind each trend', () => {
    const page = historyPage(history);
    expect(page).toContain('1 change was found');
    expect(page.match(/<svg xmlns/g)).toHaveLength(2);
    expect(page.match(/<details>/g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|<link|src="/);
    expect(historyPage({ ...history, series: [] })).toContain('No change was found');
  });
});
