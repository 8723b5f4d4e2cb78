import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { FaultKind } from '../../../protocol/schemas/faults.ts';
import { broken, dueUs, type Finding, noneOf, type Stage } from '../stage.ts';
import { StreamLog } from '../streamLog.ts';

/** Between two polls, ms. */
const EVERY_MS = 250;

const Cursor = Type.Object({ epoch: Type.String(), seq: Type.Record(Type.String(), Type.Number()) });
const AnswerSchema = Type.Object({
  epoch: Type.String(),
  channels: Type.Object({
    ticker: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Array(
          Type.Object({
            type: Type.String(),
            seq: Type.Number(),
            seqFrom: Type.Optional(Type.Number()),
            stale: Type.Optional(Type.Literal(true)),
          }),
        ),
      ),
    ),
  }),
  cursor: Type.Object({ ticker: Type.Optional(Cursor) }),
});

/** A client without a socket gets every event by polling. */
export async function pollingComplete(stage: Stage): Promise<Finding> {
  const [witness] = stage.witnesses;
  const [token = ''] = stage.tokens;
  if (witness === undefined) return broken('there is no client');
  const logs = new Map(witness.symbols.map((symbol) => [symbol, new StreamLog()]));
  let hasEnded = false;
  void stage.ended.then(() => {
    hasEnded = true;
  });
  const none = Object.fromEntries(witness.symbols.map((symbol) => [symbol, -1]));
  let cursor: Static<typeof Cursor> = { epoch: '', seq: none };
  let polls = 0;
  while (!hasEnded) {
    const answer = await poll(stage, { token, cursor });
    polls++;
    if (typeof answer === 'string') return broken(answer);
    for (const [symbol, frames] of Object.entries(answer.channels.ticker ?? {})) {
      for (const { type, seq, seqFrom } of frames) {
        if (type === 'snapshot') logs.get(symbol)?.know(seq);
        else logs.get(symbol)?.hear(seq, seqFrom);
      }
    }
    cursor = answer.cursor.ticker ?? cursor;
    await stage.at(stage.nowUs() + EVERY_MS * 1e3);
  }
  const last = await poll(stage, { token, cursor });
  if (typeof last === 'string') return broken(last);
  const faults = [...logs].flatMap(([symbol, { holes, repeats }]) =>
    holes + repeats > 0 ? [`${symbol}: ${holes} numbers missing, ${repeats} twice`] : [],
  );
  return noneOf(faults, `${polls} polls without a hole`);
}

/** Faults during which a provider vouches for nothing. */
const OUTAGES: readonly FaultKind[] = [
  'down',
  'silent',
  'half_open',
  'rate_limit',
  'refuse_auth',
  'wrong_content_type',
];

/** While nobody gives data no price is told as fresh, but for the time in which that can't be known yet. */
export async function noStaleAsFresh(stage: Stage, { maxAgeS }: { readonly maxAgeS: number }): Promise<Finding> {
  const [witness] = stage.witnesses;
  const [token = ''] = stage.tokens;
  if (witness === undefined) return broken('there is no client');
  const none = Object.fromEntries(witness.symbols.map((symbol) => [symbol, -1]));
  const faults: string[] = [];
  let stale = 0;
  const endUs = stage.schedule.startUs + stage.scenario.tape.durationS * 1e6;
  for (let atUs = stage.schedule.startUs; atUs < endUs; atUs += EVERY_MS * 1e3) {
    await stage.at(atUs);
    if (!isOut(stage, atUs) || !isOut(stage, atUs - maxAgeS * 1e6)) continue;
    const answer = await poll(stage, { token, cursor: { epoch: '', seq: none } });
    if (typeof answer === 'string') return broken(answer);
    if (!isOut(stage, stage.nowUs())) break;
    for (const [symbol, frames] of Object.entries(answer.channels.ticker ?? {})) {
      if (frames[0]?.type !== 'snapshot') continue;
      if (frames[0].stale === true) stale++;
      else faults.push(`${symbol} is told as fresh ${maxAgeS} s after the last provider's end`);
    }
  }
  return noneOf(
    stale + faults.length === 0 ? ['there was always a provider'] : faults,
    `${stale} prices told as stale`,
  );
}

/** Whether no provider gives data at a time, µs since the epoch. */
function isOut(stage: Stage, timeUs: number): boolean {
  return (stage.scenario.feeds ?? []).every((provider) =>
    stage.windows.some(({ fault, startUs, endUs }) => {
      const isOn = !('on' in fault) || fault.on === undefined || fault.on === provider;
      return isOn && OUTAGES.includes(fault.kind) && dueUs(stage, startUs) <= timeUs && timeUs < dueUs(stage, endUs);
    }),
  );
}

async function poll(
  { backEnd }: Stage,
  { token, cursor }: { readonly token: string; readonly cursor: Static<typeof Cursor> },
): Promise<Static<typeof AnswerSchema> | string> {
  const answer = await fetch(`http://127.0.0.1:${backEnd.port}/api/poll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ since: { ticker: cursor } }),
  });
  const value: unknown = await answer.json();
  return Value.Check(AnswerSchema, value)
    ? value
    : `a poll was answered ${answer.status}: ${JSON.stringify(value).slice(0, 200)}`;
}
