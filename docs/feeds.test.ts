import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { PROVIDER_NAMES } from '../protocol/providers/names.ts';
import { registerFeedMetrics } from '../server/feeds/metrics.ts';
import { planNames } from '../server/feeds/plans.ts';
import { CHAINS } from '../server/feeds/readConfig.ts';
import { FEED_SETTINGS } from '../server/feeds/settings.ts';

const page = readFileSync(new URL('feeds.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

function codes(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

describe('docs/feeds.md', () => {
  it('should name every chain with its providers', () => {
    for (const [name, providers] of Object.entries(CHAINS)) {
      const row = rows.find(([first]) => first === `\`${name}\``);
      expect([name, codes(row?.[1])]).toEqual([name, providers]);
    }
  });

  it('should name every plan, the default first', () => {
    for (const provider of PROVIDER_NAMES) {
      const row = rows.findLast(([first]) => first === `\`${provider}\``);
      expect([provider, codes(row?.[1])]).toEqual([provider, planNames(provider)]);
    }
  });

  it('should list every setting but the keys, with its default', () => {
    const told = new Map(
      rows.flatMap(([names, values = '']) => {
        const defaults = values.split(', ');
        return codes(names).map((name, at): [string, string] => [name, defaults[at] ?? '']);
      }),
    );
    for (const { name, secret, default: value } of Object.values(FEED_SETTINGS)) {
      if (secret) expect(page).toContain(`TAPEDECK_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`);
      else expect([name, told.get(name)?.replaceAll('`', '')]).toEqual([name, String(value ?? '')]);
    }
  });
});

describe('PROTOCOL.md', () => {
  it('should hold every metric of a feed of providers', async () => {
    const registry = new Registry();
    registerFeedMetrics(registry, () => ({ gaps: 0, duplicates: 0, unneeded: 0, links: [] }));
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    const protocol = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');
    const told = [...protocol.matchAll(/^\| `(tapedeck_feed_\w+)` \|/gm)].map(([, name]) => name);
    expect(told.sort()).toEqual(names.sort());
  });
});
