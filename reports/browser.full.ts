import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { History } from '../protocol/schemas/history.ts';
import { capacityPage } from './capacity/page.ts';
import { testCapacity } from './capacity/testCapacity.ts';
import { comparisonPage } from './compare/page.ts';
import { testComparison } from './compare/testComparison.ts';
import { diffPage } from './diff/page.ts';
import { historyPage } from './history/page.ts';
import { hostileSummary } from './hostile.ts';
import { findBrowser, openPage, QUIET } from './testing/browser.ts';
import { testSummary } from './testSummary.ts';
import { writeReport } from './write.ts';

let browser: Browser;
let root: string;
const urls = new Map<string, string>();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tapedeck-browser-'));
  browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
  const summaries = {
    pass: testSummary(),
    fail: testSummary({ verdict: 'fail' }),
    invalid: testSummary({ verdict: 'invalid' }),
    long: testSummary({ seconds: 6 * 3600 }),
    hostile: hostileSummary(),
  };
  for (const [name, summary] of Object.entries(summaries)) {
    const files = await writeReport(join(root, name), summary);
    urls.set(name, pathToFileURL(files.html).href);
  }
  const others = {
    diff: diffPage(summaries.pass, summaries.fail),
    'hostile diff': diffPage(summaries.hostile, summaries.long),
    capacity: capacityPage(testCapacity()),
    comparison: comparisonPage(testComparison()),
    history: historyPage(HISTORY),
  };
  for (const [name, html] of Object.entries(others)) {
    const path = join(root, `${name}.html`);
    writeFileSync(path, html);
    urls.set(name, pathToFileURL(path).href);
  }
});
afterAll(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true });
});

/** Thirty nights, slower from the twentieth on. */
const HISTORY: History = {
  schema: 'tapedeck.history',
  version: 1,
  series: [
    {
      metric: 'tick.p99',
      scenario: 'default',
      load: 'swarm',
      machine: '2 x Intel(R) Xeon(R) Processor @ 2.80GHz',
      points: Array.from({ length: 30 }, (_, at) => ({
        run: `night-${at}`,
        startedAt: `2026-11-${String(at + 1).padStart(2, '0')}T00:00:00.000Z`,
        commit: `c${at}`,
        value: at < 20 ? 10_000 + 90 * (at % 5) : 11_200,
      })),
      changes: [{ at: 20, run: 'night-20', commit: 'c20', ratio: 1.12, interval: [1.08, 1.16], p: 0.005 }],
    },
  ],
  leftOut: [{ run: 'bad', why: 'the run was invalid' }],
};

/** What A4 leaves between margins of 1 cm, px. */
const PAPER_WIDTH = 718;

interface Look {
  readonly name: string;
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

/** Opens a report and collects whatever the browser complains of or asks the network for. */
async function open({ name, width, scheme }: Look): Promise<{ page: Page; complaints: string[] }> {
  return await openPage(browser, { url: urls.get(name) ?? '', width, scheme });
}

const PAGES = [
  'pass',
  'fail',
  'invalid',
  'long',
  'hostile',
  'diff',
  'hostile diff',
  'capacity',
  'comparison',
  'history',
];
const LOOKS: Look[] = PAGES.flatMap((name) =>
  [390, 760, 1280].map((width, at) => ({ name, width, scheme: at % 2 === 0 ? ('dark' as const) : ('light' as const) })),
);

describe('report.html in a browser', () => {
  it.each(LOOKS)('should fit without complaint: $name at $width px, $scheme', async (look) => {
    const { page, complaints } = await open(look);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    const clipped = await page.evaluate(
      `[...document.querySelectorAll('svg.chart text')].filter((text) => {
        const box = text.getBoundingClientRect();
        const chart = text.closest('svg').getBoundingClientRect();
        return chart.width > 0 && (box.left < chart.left - 1 || box.right > chart.right + 1);
      }).map((text) => text.textContent)`,
    );
    await page.close();

    expect(complaints).toEqual([]);
    expect(overflow).toBe(0);
    expect(clipped).toEqual([]);
  });

  it.each([390, 1280])('should show every chart once, with letters of 9 px or more, at %i px', async (width) => {
    const { page } = await open({ name: 'fail', width, scheme: 'light' });
    const shown: unknown = await page.evaluate(
      `[...document.querySelectorAll('figure')].map((figure) => [...figure.querySelectorAll('svg.chart')].filter((svg) => svg.getBoundingClientRect().width > 300 && svg.getBoundingClientRect().height > 150).length)`,
    );
    const smallest = await page.evaluate(
      `Math.min(...[...document.querySelectorAll('svg.chart')].filter((svg) => svg.getBoundingClientRect().width > 0).map((svg) => 12 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))`,
    );
    await page.close();

    expect(shown).toEqual(new Array(13).fill(1));
    expect(smallest).toBeGreaterThanOrEqual(9);
  });

  it.each(PAGES)('should fit on paper, without dark colours: %s', async (name) => {
    const { page } = await open({ name, width: PAPER_WIDTH, scheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.close();

    expect(overflow).toBe(0);
    expect(paper).toBe('rgb(255, 255, 255)');
  });

  it.each(PAGES)('should have one first heading and leave no level out: %s', async (name) => {
    const { page } = await open({ name, width: 1280, scheme: 'light' });
    const levels: unknown = await page.evaluate(
      `[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((heading) => Number(heading.tagName.slice(1)))`,
    );
    await page.close();

    const found = Value.Parse(Type.Array(Type.Integer()), levels);
    expect(found[0]).toBe(1);
    expect(found.filter((level) => level === 1)).toHaveLength(1);
    expect(found.filter((level, at) => at > 0 && level - (found[at - 1] ?? 0) > 1)).toEqual([]);
  });

  it.each([
    ['fail', 'light'],
    ['fail', 'dark'],
    ['diff', 'light'],
    ['diff', 'dark'],
    ['capacity', 'light'],
    ['capacity', 'dark'],
    ['comparison', 'light'],
    ['comparison', 'dark'],
    ['history', 'light'],
    ['history', 'dark'],
  ] as const)('should keep a contrast of 4.5 for its words: %s, %s', async (name, scheme) => {
    const { page } = await open({ name, width: 1280, scheme });
    const weak: unknown = await page.evaluate(WEAK_CONTRAST);
    await page.close();

    expect(weak).toEqual([]);
  });

  it('should open a table of figures by the keyboard', async () => {
    const { page } = await open({ name: 'pass', width: 1280, scheme: 'light' });
    await page.locator('figure summary').first().focus();
    await page.keyboard.press('Enter');
    const visible = await page.locator('figure table').first().isVisible();
    await page.close();

    expect(visible).toBe(true);
  });

  it('should tell a screen reader the table of targets also where rows are cards', async () => {
    const { page } = await open({ name: 'pass', width: 390, scheme: 'light' });
    const rows = await page.getByRole('table', { name: 'Targets' }).getByRole('row').count();
    const figure = await page.getByRole('rowheader', { name: /^loss/ }).count();
    await page.close();

    // The head, 17 rows, and one row with a reason.
    expect(rows).toBe(19);
    expect(figure).toBe(1);
  });

  it('should read junit.xml as XML', async () => {
    const page = await browser.newPage();
    const files = await writeReport(join(root, 'xml'), hostileSummary());
    const response = await page.goto(pathToFileURL(files.junit).href);
    const errors = await page.locator('parsererror').count();
    await page.close();

    expect(response).not.toBeNull();
    expect(errors).toBe(0);
  });
});

/** Words whose colour stands out less than 4.5 to 1 from what is behind them. */
const WEAK_CONTRAST = `(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll('main *')) {
    const svg = element.tagName === 'text';
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own || element.getBoundingClientRect().width === 0) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(svg ? style.fill : style.color)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) weak.push(element.textContent.slice(0, 40) + ' ' + contrast.toFixed(2));
  }
  return weak;
})()`;
