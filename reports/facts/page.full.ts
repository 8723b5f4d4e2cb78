import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, openPage, QUIET } from '../testing/browser.ts';
import { factsPage } from './page.ts';
import { FACTS } from './testFacts.ts';

const FIGURES = 5;
let browser: Browser;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-facts-'));
  const path = join(folder, 'facts.html');
  writeFileSync(path, factsPage(FACTS));
  url = pathToFileURL(path).href;
  browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the page of tape facts in a browser', () => {
  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('should fit without complaint at %i px, %s', async (width, scheme) => {
    const { page, complaints } = await openPage(browser, { url, width, scheme });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    await page.close();

    expect(complaints).toEqual([]);
    expect(overflow).toBe(0);
  });

  it.each([390, 1280])(
    'should show every chart once, and its figures in a table behind it, at %i px',
    async (width) => {
      const { page } = await openPage(browser, { url, width, scheme: 'light' });
      const figures = await page.locator('figure').all();
      const seen: unknown[] = [];
      for (const figure of figures) {
        const charts = await figure.locator('svg.chart:visible').count();
        const isOpenAtFirst = await figure.locator('table').isVisible();
        await figure.locator('summary').focus();
        await page.keyboard.press('Enter');
        const rows = await figure.locator('table:visible tbody tr').count();
        seen.push({ charts, isOpenAtFirst, hasRows: rows > 1 });
      }
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      await page.close();

      expect(seen).toEqual(Array.from({ length: FIGURES }, () => ({ charts: 1, isOpenAtFirst: false, hasRows: true })));
      expect(overflow).toBe(0);
    },
  );
});
