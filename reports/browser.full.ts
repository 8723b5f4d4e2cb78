import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
});
afterAll(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true });
});

interface Look {
  readonly name: string;
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

/** Opens a report and collects whatever the browser complains of or asks the network for. */
async function open({ name, width, scheme }: Look): Promise<{ page: Page; complaints: string[] }> {
  return await openPage(browser, { url: urls.get(name) ?? '', width, scheme });
}

const LOOKS: Look[] = ['pass', 'fail', 'invalid', 'long', 'hostile'].flatMap((name) =>
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

    expect(shown).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(smallest).toBeGreaterThanOrEqual(9);
  });

  it.each(['light', 'dark'] as const)('should keep a contrast of 4.5 for its words: %s', async (scheme) => {
    const { page } = await open({ name: 'fail', width: 1280, scheme });
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
