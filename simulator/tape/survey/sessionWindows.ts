import { calendarOf } from '../../tapeCalendar.ts';
import type { TapeHeader } from '../types.ts';

const DAY_US = 86_400_000_000;

/** A regular session, µs since the epoch; `toUs` is the first instant after it. */
export interface SessionWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * The regular sessions between a tape's first event and its last, in order: the exchange's where its calendar is known, else the
 * one in the header; a header's session of a whole day is that of a market which never closes.
 */
export function sessionWindows(header: TapeHeader): readonly SessionWindow[] {
  const { firstEventUs, lastEventUs } = header;
  return sessions(header)
    .map(({ fromUs, toUs }) => ({ fromUs: Math.max(fromUs, firstEventUs), toUs: Math.min(toUs, lastEventUs + 1) }))
    .filter(({ fromUs, toUs }) => toUs > fromUs);
}

function sessions(header: TapeHeader): readonly SessionWindow[] {
  const { sessionOpenUs: fromUs, sessionCloseUs: toUs, firstEventUs, lastEventUs } = header;
  const calendar = calendarOf(header);
  if (calendar === undefined) return [{ fromUs, toUs: toUs - fromUs >= DAY_US ? Number.POSITIVE_INFINITY : toUs }];
  const windows: SessionWindow[] = [];
  for (let atUs = firstEventUs; atUs <= lastEventUs; ) {
    const { phase, startUs, endUs } = calendar.spanAt(atUs);
    if (phase === 'regular') windows.push({ fromUs: startUs, toUs: endUs });
    atUs = endUs;
  }
  return windows;
}
