import { describe, expect, it } from 'vitest';
import type { Tick } from '../../market/types.ts';
import type { Fault } from '../../protocol/schemas/faults.ts';
import { createFaults } from './faults.ts';
import { createLinkFaults } from './linkFaults.ts';
import { HEADER, market, scenarioWith, scheduleAt } from './testing/faulted.ts';
import { type LinkFaults, SOUND_LINK } from './types.ts';

const S = 1e6;
/** When the schedule begins. */
const START_US = 2e15;

function linkWith(faults: readonly Fault[], speed = 1): LinkFaults {
  return createLinkFaults({ scenario: scenarioWith(faults), header: HEADER, schedule: scheduleAt(speed) });
}

describe('link faults', () => {
  it('should hold from their start to their end, and together', () => {
    const link = linkWith([
      { kind: 'down', at: 2, forS: 3 },
      { kind: 'truncate', at: 3, forS: 4, share: 0.5 },
      { kind: 'truncate', at: 6, forS: 4, share: 0.5 },
      { kind: 'latency', at: 'open+8s', byMs: 20 },
    ]);
    expect(link.at(START_US + 2 * S - 1)).toBe(SOUND_LINK);
    expect(link.at(START_US + 2 * S)).toEqual({ ...SOUND_LINK, isDown: true });
    expect(link.at(START_US + 4 * S)).toBe(link.at(START_US + 4.5 * S));
    expect(link.at(START_US + 4 * S)).toMatchObject({ isDown: true, truncatedShare: 0.5 });
    expect(link.at(START_US + 6.5 * S)).toMatchObject({ isDown: false, truncatedShare: 0.75 });
    expect(link.at(START_US + 100 * S)).toEqual({ ...SOUND_LINK, delayUs: 20_000 });
    const changes: number[] = [];
    for (let at = START_US; at < Number.POSITIVE_INFINITY; at = link.nextChangeUs(at))
      changes.push((at - START_US) / S);
    expect(changes).toEqual([0, 2, 3, 5, 6, 7, 8, 10]);
  });

  it('should cut and kick once each, at their instants, in order', () => {
    const link = linkWith([
      { kind: 'kick_slow', at: 4 },
      { kind: 'cut', at: 1, share: 0.5 },
      { kind: 'cut', at: 3, code: 1001 },
    ]);
    expect(link.eventsIn(START_US, START_US + S)).toEqual([{ kind: 'cut', share: 0.5 }]);
    expect(link.eventsIn(START_US + S, START_US + 5 * S)).toEqual([
      { kind: 'cut', share: 1, code: 1001 },
      { kind: 'kick_slow' },
    ]);
    expect(link.eventsIn(START_US + 5 * S, START_US + 50 * S)).toEqual([]);
    expect(link.nextChangeUs(START_US + S)).toBe(START_US + 3 * S);
    expect(link.nextChangeUs(START_US + 4 * S)).toBe(Number.POSITIVE_INFINITY);
  });

  it('should be stretched with the replay: the same place in the market at every speed', () => {
    const link = linkWith([{ kind: 'down', at: '09:31', forS: 30 }], 10);
    expect(link.at(START_US + 6 * S - 1).isDown).toBe(false);
    expect(link.at(START_US + 6 * S).isDown).toBe(true);
    expect(link.at(START_US + 9 * S).isDown).toBe(false);
  });

  it("should take one provider's faults and those of all", () => {
    const faults: Fault[] = [{ kind: 'down', on: 'polygon' }, { kind: 'silent', on: 'yahoo' }, { kind: 'split' }];
    const options = { scenario: scenarioWith(faults), header: HEADER, schedule: scheduleAt(1) };
    const yahoo = createLinkFaults({ ...options, provider: 'yahoo' });
    expect(yahoo.at(START_US)).toEqual({ ...SOUND_LINK, isSilent: true, splitShare: 1 });
    expect(createLinkFaults(options).at(START_US)).toMatchObject({ isDown: true, isSilent: true, splitShare: 1 });
  });

  it('should begin by a condition on the feed, and tell a cut then however late the event was', () => {
    const { feed, link } = createFaults({
      scenario: scenarioWith([
        { kind: 'cut', when: { events: 300 } },
        { kind: 'silent', when: { events: 300 }, forS: 2 },
      ]),
      header: HEADER,
      schedule: scheduleAt(1),
    });
    const said: Tick[] = [];
    const play = (ticks: readonly Tick[]): void => {
      for (const tick of ticks) {
        const times = { eventTimeUs: tick.eventTimeUs, dueTimeUs: 0, shownTimeUs: tick.eventTimeUs };
        feed.tick(tick, times, (event) => void said.push({ ...event }));
      }
    };
    const ticks = market(400);
    const lateUs = START_US + 3 * S + 500_000;
    play(ticks.slice(0, 299));
    expect(link.eventsIn(START_US, lateUs)).toEqual([]);
    expect(link.at(lateUs)).toBe(SOUND_LINK);
    play(ticks.slice(299));
    expect(link.at(lateUs).isSilent).toBe(true);
    expect(link.nextChangeUs(lateUs)).toBe(lateUs + 1);
    expect(link.eventsIn(lateUs, lateUs + 1)).toEqual([{ kind: 'cut', share: 1 }]);
    expect(link.eventsIn(lateUs + 1, lateUs + S)).toEqual([]);
    expect(said).toEqual(ticks);
  });

  it('should draw the same chances for the same seed', () => {
    const draws = (link: LinkFaults): number[] => Array.from({ length: 5 }, () => link.random());
    expect(draws(linkWith([]))).toEqual(draws(linkWith([])));
    for (const chance of draws(linkWith([]))) expect(chance).toBeLessThan(1);
  });
});
