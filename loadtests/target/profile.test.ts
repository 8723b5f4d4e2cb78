import { describe, expect, it } from 'vitest';
import { dialectProfile, targetsFor } from '../gate/dialects.ts';
import type { FedBy, UrlUnderTest } from '../gate/underTest.ts';
import { soundEvidence } from '../judge/testEvidence.ts';
import { judge } from '../judge/verdict.ts';
import { foreignProfile, unseen } from './profile.ts';

const URL_TARGET: UrlUnderTest = { kind: 'url', url: 'ws://127.0.0.1:1', tokens: { kind: 'fixed', token: 't' } };
const CUSTOM: UrlUnderTest = {
  ...URL_TARGET,
  rules: { frames: [], symbol: 's', time: { path: 't', unit: 'ms' }, seq: { path: 'n', of: 'symbol' } },
};
const DARK = { hasInside: false, hasResources: false };

/** The rows of a run that went well, as this target is judged. */
function rowsOf(dialect: 'native' | 'paiid' | 'custom', underTest: UrlUnderTest, seen = DARK) {
  const profile = foreignProfile(dialectProfile(dialect), underTest);
  const evidence = soundEvidence();
  const absent = new Map([...evidence.absent, ...profile.absent, ...unseen(underTest, seen)]);
  const judged = judge({ ...evidence, absent, targets: targetsFor(profile, evidence.targets) });
  return new Map(judged.rows.map((row) => [row.id, row]));
}

const lacking = (rows: ReturnType<typeof rowsOf>): string[] =>
  [...rows.values()].filter(({ verdict }) => verdict === 'not applicable').map(({ id }) => id);

describe("rows of a server that isn't ours", () => {
  it('should leave out what nobody can know of a feed of its own, and say why', () => {
    const rows = rowsOf('native', URL_TARGET);

    expect(lacking(rows)).toEqual(['process', 'pattern', 'publish', 'trigger', 'memory']);
    expect(rows.get('pattern')?.reason).toContain('--fed-by');
    expect(rows.get('memory')?.reason).toBe('the target is not looked into: give --pid or --metrics');
  });

  it('should leave out what a custom dialect is not known to have', () => {
    const rows = lacking(rowsOf('custom', CUSTOM));
    expect(rows).toEqual(['process', 'pattern', 'publish', 'trigger', 'cadence', 'resume', 'heartbeat', 'memory']);
  });

  it('should say of a custom dialect with numbers too that it has no words for a resume', () => {
    expect(rowsOf('custom', CUSTOM).get('resume')?.reason).toMatch(/: a custom dialect has no words for a resume/);
  });

  it('should not time without a time, nor audit without numbers', () => {
    const rows = rowsOf('custom', { ...CUSTOM, rules: { frames: [], symbol: 's' } });

    for (const id of ['tick', 'fairness', 'loss'] as const) expect(rows.get(id)?.verdict).toBe('not applicable');
    expect(rows.get('tick')?.reason).toContain('--time-field');
    expect(rows.get('loss')?.reason).toContain('--seq-field');
    expect(rowsOf('paiid', URL_TARGET).get('loss')?.verdict).toBe('not applicable');
  });

  it('should judge everything of one that plays our tape and shows its inside', () => {
    const fed: FedBy = { kind: 'tape' };
    expect(lacking(rowsOf('native', { ...URL_TARGET, fed }, { hasInside: true, hasResources: true }))).toEqual([]);
    expect(lacking(rowsOf('native', { ...URL_TARGET, fed }, { hasInside: false, hasResources: true }))).toEqual([
      'process',
      'publish',
    ]);
  });

  it('should leave accounts alone without tokens', () => {
    const { tokens: _, ...nobody } = URL_TARGET;
    const profile = foreignProfile(dialectProfile('native'), nobody);

    expect(profile.channels).toEqual(['ticker', 'pattern']);
    expect(lacking(rowsOf('native', nobody))).toContain('cadence');
  });

  it('should ask for the symbols that there are', () => {
    const rows = rowsOf('native', { ...URL_TARGET, symbols: ['A', 'B'] });
    expect(rows.get('symbols')?.bound).toBe(2);
  });
});

describe('a path', () => {
  const client = { account: 'a/1', token: 't&', symbols: ['BRK.B', 'X'] };

  it("should be the dialect's unless the address has one, which is filled in for each client", () => {
    const native = dialectProfile('native');
    expect(foreignProfile(native, URL_TARGET).pathOf(client)).toBe('/v1/stream');
    const own: UrlUnderTest = { ...URL_TARGET, url: 'ws://h/{symbol}/{symbols}?u={account}&t={token}' };
    expect(foreignProfile(native, own).pathOf(client)).toBe('/BRK.B/BRK.B,X?u=a%2F1&t=t%26');
  });
});
