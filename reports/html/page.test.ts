import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { type Summary, SummarySchema } from '../../protocol/schemas/summary.ts';
import { diffRuns } from '../diff/diff.ts';
import { diffText } from '../diff/text.ts';
import { hostileSummary, withEveryNumber } from '../hostile.ts';
import { junitReport } from '../junit.ts';
import { markdownReport } from '../markdown.ts';
import { testSummary } from '../testSummary.ts';
import { htmlReport } from './page.ts';

const PAGES = {
  pass: htmlReport(testSummary()),
  fail: htmlReport(testSummary({ verdict: 'fail' })),
  invalid: htmlReport(testSummary({ verdict: 'invalid' })),
};

/** Names of all elements on a page. */
function elements(page: string): Set<string> {
  return new Set([...page.matchAll(/<([a-zA-Z][a-zA-Z0-9]*)/g)].map(([, name]) => (name ?? '').toLowerCase()));
}

/** The page's text without markup. */
function textOf(page: string): string {
  return page
    .replace(/<(style|svg)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\u00a0/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');
}

describe('htmlReport', () => {
  it('should tell the story from top to bottom: verdict, why, targets, evidence, tape, environment, notes, repetition', () => {
    const text = textOf(PAGES.fail);
    const story = [
      'Fail',
      'The server broke a target.',
      'Loss (≤ 0) measured 3 gap, 1 duplicate',
      'Targets',
      '14 held, 2 broken, 1 not applicable.',
      'What happened',
      'Latency over time',
      'Where the ticks lie',
      'Tick latency by percentile',
      'Order triggers, by percentile',
      'Reconnecting, by percentile',
      'Throughput per second',
      'Connected clients',
      'Server CPU',
      'Server memory',
      'Server’s garbage collection',
      'Server’s event loop',
      'Who was late',
      'Broken promises',
      'Orders',
      'Tape',
      'Environment',
      'Notes',
      'How to repeat it',
      'npm run gate -- --scenario default --seed 20200316 --load k6',
    ];
    const places = story.map((words, at) => text.indexOf(words, at === 0 ? 0 : text.indexOf(story[at - 1] ?? '')));

    expect(story.filter((_, at) => places[at] === -1)).toEqual([]);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it.each([
    ['pass', 'Pass', 'The server held its targets.'],
    ['fail', 'Fail', 'The server broke a target.'],
    ['invalid', 'Invalid', 'This run can’t tell'],
  ] as const)('should say %s in word, shape and colour', (verdict, word, meaning) => {
    const page = PAGES[verdict];

    expect(page).toContain(`<header class="verdict ${verdict}">`);
    expect(page).toMatch(new RegExp(`<h1><svg class="sign"[\\s\\S]*?</svg><span>${word}</span></h1>`));
    expect(page).toContain(meaning);
    expect(page).toContain(`<title>${word}: default, tapedeck</title>`);
  });

  it("should give each row's target, figure, interval, samples, verdict and reason", () => {
    const text = textOf(PAGES.invalid);

    expect(text).toContain(
      "Invalid tick due time to the client's read p99 < 100 ms, in 99 % of windows, never over 500 ms p99 132 ms 118 to 149 ms 2,078,332",
    );
    expect(text).toContain(
      "Reason: p99 132 ms over the whole run, but only while k6's event loop was late (second 41-46)",
    );
  });

  it('should give each chart a name, a description and its figures as a table', () => {
    const page = PAGES.pass;
    const figures = page.split('<figure').slice(1);

    expect(figures).toHaveLength(13);
    for (const figure of figures) {
      expect(figure).toMatch(/<svg [^>]*role="img" aria-label="Chart: [^"]{20,}"/);
      expect(figure).toMatch(/<details><summary>[\s\S]*<th scope="col">[\s\S]*<th scope="row">/);
      expect(figure).toContain('tabindex="0"');
    }
    expect(page).toContain('<tr><th scope="row">20 s</th>');
  });

  it('should mark faults and late seconds on the time axis and say what they are', () => {
    const page = PAGES.invalid;

    expect(page).toContain('fill="url(#late-hatching)"');
    expect(page).toContain('<pattern id="late-hatching"');
    expect(textOf(page)).toContain('A 50 clients cut, at 20 s');
    expect(textOf(page)).toContain('B 50 clients cut, from 35 s to 45 s');
    expect(textOf(page)).toContain("k6's event loop: late in 6 s, the first at 41 s");
    expect(PAGES.pass).not.toContain('fill="url(#late-hatching)"');
  });

  it('should list each broken promise with symbol, numbers, time, client and the fault beside it', () => {
    const text = textOf(PAGES.fail);

    expect(text).toContain(
      '20.412 13:30:20 UTC gap ticker:AAPL 17 (k6) 1041 1043 A: 50 clients cut expected 1041, got 1043',
    );
    expect(text).toContain('29.100 13:30:29 UTC gap ticker:SYM0042 101 (probe) 310 311 unexplained');
  });

  it('should say where the tape comes from, in its own words', () => {
    expect(textOf(PAGES.pass)).toContain('Origin Derived, not recorded: block bootstrap of S&P 500 daily returns');
  });

  it('should need nothing but itself: no script, no network, and be small', () => {
    const page = PAGES.pass;

    for (const name of ['script', 'link', 'img', 'iframe', 'a']) expect(elements(page)).not.toContain(name);
    expect(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|url\((?!#)|@import|src=/);
    expect(page).toContain("default-src 'none'");
    expect(Buffer.byteLength(page)).toBeLessThan(300_000);
  });

  it('should draw only in colours that follow dark and light', () => {
    const charts = PAGES.invalid.match(/<svg[^>]* class="chart[\s\S]*?<\/svg>/g) ?? [];
    const drawn = charts.map((chart) => chart.replace(/<defs[\s\S]*?<\/defs>/g, '')).join('');
    const colours = [...drawn.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour ?? '');

    expect(charts).toHaveLength(17);
    expect(colours.filter((colour) => !/^(none|var\(--\w+\)|url\(#late-hatching\))$/.test(colour))).toEqual([]);
  });

  it('should give the same page for the same summary, and no id twice', () => {
    const first = PAGES.pass;
    const ids = [...first.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);

    expect(htmlReport(testSummary())).toBe(first);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('should escape everything that comes from outside', () => {
    const page = htmlReport(hostileSummary());

    const known = elements(PAGES.fail);

    expect([...elements(page)].filter((name) => !known.has(name))).toEqual([]);
    expect(page).not.toMatch(/<script|<img|<!--/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
  });

  it('should draw how many ticks took how long, by second, and tell it as a table', () => {
    const summary = testSummary();
    const columns = summary.heat?.columns.map((column) => column.map(() => 0)) ?? [];
    const lone = columns.map((column, at) => (at === 12 ? column.map((_, row) => (row === 16 ? 7 : 0)) : column));
    const page = htmlReport({ ...summary, heat: { metric: 'tick', binS: 1, columns: lone } });
    const text = textOf(page);

    expect(text).toContain('7 in all; the slowest took 158 ms to 251 ms.');
    expect(text).toMatch(/second from 158 ms 0 s – 1 s –.* 12 s 7 13 s –/);
    expect(page.match(/fill="var\(--heat1\)"/g)).toHaveLength(3);
    expect(page).not.toContain('fill="var(--heat2)"');
  });

  it('should leave the heat map out of a run that kept none', () => {
    const { heat: _, ...without } = testSummary();

    expect(textOf(htmlReport(without))).not.toContain('Where the ticks lie');
  });

  it.each([0, -1, Number.MAX_SAFE_INTEGER, 1e300, -1e300])(
    'should stand a summary whose every number is %d, in each of its forms',
    (number) => {
      const summary = Value.Parse(SummarySchema, withEveryNumber(testSummary({ verdict: 'fail' }), number));
      const page = htmlReport(summary);

      expect(textOf(page)).not.toMatch(/NaN|undefined|Infinity/);
      expect(page).not.toMatch(/="[^"]*(NaN|Infinity)/);
      expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
      expect(markdownReport(summary)).not.toMatch(/NaN|undefined/);
      expect(junitReport(summary)).not.toMatch(/NaN|undefined/);
      expect(diffText(diffRuns(summary, testSummary()))).not.toMatch(/NaN|undefined/);
    },
  );

  it('should say what was not seen instead of drawing it', () => {
    const summary = testSummary();
    const blind: Summary = {
      ...summary,
      seconds: summary.seconds.map((second) => ({
        ...second,
        serverCpu: null,
        serverRssBytes: null,
        serverLoopDelayMaxUs: null,
        serverRunQueueUs: null,
        serverGcUs: null,
        serverHeapBytes: null,
        tickP50Us: null,
        tickP99Us: null,
        tickMaxUs: null,
        probeP99Us: null,
      })),
      histograms: {},
    };
    const text = textOf(htmlReport(blind));

    expect(text).toContain('The server’s CPU was not seen.');
    expect(text).toContain('The server’s memory was not seen.');
    expect(text).toContain('The server’s event loop was not seen');
    expect(text).toContain('The server’s garbage collection was not seen.');
    expect(text).toContain('No tick was measured.');
    expect(text).toContain('No latency was measured.');
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it('should stand a run that ended before its first second', () => {
    const none: Summary = { ...testSummary({ verdict: 'invalid' }), seconds: [], rows: [], marks: [], histograms: {} };

    expect(textOf(htmlReport(none))).toContain('No second of the run was measured.');
    expect(textOf(htmlReport(none))).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('should put several seconds into a point in a long run, show the worst of them and say so', () => {
    const summary = testSummary({ seconds: 1800 });
    const peaked: Summary = {
      ...summary,
      seconds: summary.seconds.map((second) => (second.second === 777 ? { ...second, tickP99Us: 88_000 } : second)),
    };
    const text = textOf(htmlReport(peaked));

    expect(text).toContain('Each point covers 10 s and shows the worst of them');
    expect(text).toContain('the worst p99 was 88 ms, at 12:57');
    expect(text).toMatch(/770 to 780 s [\d.]+ ms 88 ms/);
  });

  it('should leave nothing behind that keeps a process alive', { timeout: 120_000 }, async () => {
    const file = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `import { htmlReport } from ${file('./page.ts')}; import { testSummary } from ${file('../testSummary.ts')}; console.log(htmlReport(testSummary()).length);`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 100_000 });

    expect(Number(stdout)).toBeGreaterThan(0);
  });
});
