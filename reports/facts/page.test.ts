import { describe, expect, it } from 'vitest';
import type { TapeFacts } from '../../protocol/tapeFacts.ts';
import { factsPage } from './page.ts';
import { FACTS } from './testFacts.ts';

/** What a tape can be that tells little. */
const BARE: TapeFacts = {
  ...FACTS,
  returns: FACTS.returns.slice(0, 1),
  intraday: [],
  priceLevels: [],
  arrivals: { symbols: 0, longer: [], ranks: [] },
  auctions: { openings: 0, closings: 0, openingShare: 0, closingShare: 0 },
};

describe('factsPage', () => {
  it('should be one page without scripts or other files, of less than a megabyte, the same each time', () => {
    const page = factsPage(FACTS);

    expect(page).toBe(factsPage(FACTS));
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b/);
    expect(page).not.toMatch(/(?:src|href)="|url\((?!#)/);
    expect(page.match(/<svg[^>]*role="img"/g)?.length).toBeGreaterThanOrEqual(6);
  });

  it('should say at once that a tape is derived, or that it is recorded', () => {
    const recorded = factsPage({ ...FACTS, tape: { ...FACTS.tape, kind: 'recorded', description: 'An archive.' } });

    const title = /<title>([^<]*)<\/title>/;
    expect(title.exec(factsPage(FACTS))?.[1]).toBe('Stylised facts of universe-3-2020-03-16, derived, tapedeck');
    expect(factsPage(FACTS)).toContain('<strong>Derived.</strong> These ticks never happened');
    expect(title.exec(recorded)?.[1]).toContain('recorded');
    expect(recorded).not.toContain('never happened');
  });

  it('should hold the tape against the source, and say when it was not made from it', () => {
    const page = factsPage(FACTS);
    const other = factsPage({ ...FACTS, source: { ...FACTS.source, isOrigin: false } });

    for (const words of [
      '14.24',
      '−0.11',
      '0.31',
      '26.98',
      '0 to 5',
      '500 and over',
      'the real prices that it was made from',
    ]) {
      expect(page).toContain(words);
    }
    expect(other).toContain('real prices that it was not made from');
  });

  it('should do without what a tape does not tell', () => {
    const page = factsPage(BARE);

    expect(page).toContain('The tape has no quotes.');
    expect(page).toContain('No trade of the tape is flagged as one of an auction.');
    expect(page).toContain('Nothing was measured.');
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('should show words from outside as text', () => {
    const page = factsPage({
      ...FACTS,
      tape: { ...FACTS.tape, name: '<script>alert(1)</script>', description: '"><img src=x>' },
      source: { ...FACTS.source, file: '</p><script>' },
    });

    expect(page).not.toMatch(/<(script|img)\b/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});
