import { Temporal } from 'temporal-polyfill';
import { broken, dueUs, type Finding, kept, noneOf, type Stage } from '../stage.ts';
import type { Witness } from '../witness.ts';

const MINUTE_US = 60_000_000;
/** From an instant of the market to where its effects have surely come, as played, µs. */
const MARGIN_US = 150_000;
/** A price at which nothing is ever bought. */
const FAR_BELOW = '0.01';

type Answer = Awaited<ReturnType<Witness['place']>>;

/** A market order is refused while the exchange is closed. */
export async function closedMarketRefuses(stage: Stage): Promise<Finding> {
  const { schedule, day } = stage;
  const [witness] = stage.witnesses;
  const [symbol] = witness?.symbols ?? [];
  if (witness === undefined || symbol === undefined) return broken('there is no client');
  // The market's clock has passed into the closed hours when a minute has ended in them.
  const closedUs = Math.max(schedule.fromEventUs, day.closeUs) + MINUTE_US;
  await stage.at(dueUs(stage, closedUs) + MARGIN_US);
  return refusal(await witness.place(market('closed-1', symbol)), 'market_closed');
}

/** A halted symbol is refused, another is traded. */
export async function haltedSymbolRefuses(
  stage: Stage,
  { symbol, other }: { readonly symbol: string; readonly other: string },
): Promise<Finding> {
  const [witness] = stage.witnesses;
  if (witness === undefined) return broken('there is no client');
  await Promise.race([witness.notice('halt', symbol), stage.ended]);
  if (!witness.notices.some(({ frame }) => frame.code === 'halt')) return broken('no client was told of a halt');
  const halted = refusal(await witness.place(market('halted-1', symbol)), 'symbol_halted');
  if (!halted.isKept) return halted;
  const taken = await witness.place(market('halted-2', other));
  if (taken?.type !== 'order.accepted') return broken(`an order in ${other} was answered ${told(taken)}`);
  await Promise.race([witness.notice('resume', symbol), stage.ended]);
  const isBack = witness.notices.some(({ frame }) => frame.code === 'resume');
  return isBack ? kept(`${symbol} refused, ${other} taken`) : broken('no client was told of the end of the halt');
}

/** A halted symbol's trades aren't told, and go on after. */
export async function haltedSymbolSilent(stage: Stage, { symbol }: { readonly symbol: string }): Promise<Finding> {
  await stage.ended;
  const halts = stage.truth.halts.filter((halt) => halt.symbol === symbol);
  if (halts.length === 0) return broken(`${symbol} was never halted`);
  const faults = stage.witnesses.flatMap((witness, at) => {
    const heard = witness.tickers.get(symbol) ?? [];
    return halts.flatMap(({ fromUs, toUs }) => {
      const during = heard.filter(({ eventTimeUs }) => eventTimeUs > fromUs && eventTimeUs < toUs);
      const before = heard.filter(({ eventTimeUs }) => eventTimeUs <= fromUs).at(-1);
      const after = heard.filter(({ eventTimeUs }) => eventTimeUs >= toUs);
      const moved = during.some(({ data }) => data.volume !== (before?.data.volume ?? 0));
      if (moved) return [`client ${at} was told of a trade of ${symbol} during its halt`];
      return after.some(({ data }) => data.volume > (before?.data.volume ?? 0))
        ? []
        : [`client ${at} was told of no trade of ${symbol} after its halt`];
    });
  });
  return noneOf(faults, `${halts.length} halt without a trade`);
}

/** A day order ends at that instant. */
export async function dayOrderEndsAt(stage: Stage, { time }: { readonly time: string }): Promise<Finding> {
  const [witness] = stage.witnesses;
  const [symbol] = witness?.symbols ?? [];
  if (witness === undefined || symbol === undefined) return broken('there is no client');
  const { fromEventUs } = stage.schedule;
  const firstMinuteUs = (Math.floor(fromEventUs / MINUTE_US) + 1) * MINUTE_US;
  await stage.at(dueUs(stage, Math.min(firstMinuteUs, stage.schedule.toEventUs)) + MARGIN_US);
  const answer = await witness.place(resting('day-end-1', symbol));
  if (answer?.type !== 'order.accepted') return broken(`a day order was answered ${told(answer)}`);
  const wantedUs = Temporal.ZonedDateTime.from(`${time.replace(' ', 'T')}[America/New_York]`).epochMilliseconds * 1000;
  const { expireTimeUs } = answer.data;
  if (expireTimeUs === wantedUs) return kept(`it ends at ${time}`);
  const shown = expireTimeUs === undefined ? 'never' : new Date(expireTimeUs / 1000).toISOString();
  return broken(`a day order ends ${shown}, not at ${time}`);
}

/** Day orders that rest at the close expire at it. */
export async function dayOrdersExpireAtClose(stage: Stage): Promise<Finding> {
  await stage.at(stage.schedule.startUs + 3 * MARGIN_US);
  const answers = await Promise.all(
    stage.witnesses.map((witness, at) => witness.place(resting(`day-${at}`, witness.symbols[0] ?? ''))),
  );
  const refused = answers.find((answer) => answer?.type !== 'order.accepted');
  if (refused !== undefined) return broken(`a day order was answered ${told(refused)}`);
  await stage.ended;
  const faults = stage.witnesses.flatMap((witness, at) => {
    const expired = witness.orders.find(({ data }) => data.clientOrderId === `day-${at}` && data.status === 'EXPIRED');
    if (expired === undefined) return [`client ${at}'s day order did not expire`];
    const beforeUs = stage.day.closeUs - expired.eventTimeUs;
    // Its time is that of the last tick before, or of the clock that said so.
    return beforeUs > MINUTE_US || beforeUs < -MINUTE_US
      ? [`client ${at}'s day order expired ${beforeUs} µs before the close`]
      : [];
  });
  return noneOf(faults, `${stage.witnesses.length} day orders expired at the close`);
}

/** Stops on the way of a crash are filled at prices that there were. */
export async function stopsFillOnPath(stage: Stage, { symbol }: { readonly symbol: string }): Promise<Finding> {
  const [witness] = stage.witnesses;
  const crash = stage.windows.find(({ fault }) => fault.kind === 'flash_crash');
  const ticks = stage.truth.symbols.get(symbol)?.ticks ?? [];
  if (witness === undefined || crash === undefined) return broken('there is no client, or no crash');
  await stage.at(dueUs(stage, crash.startUs) - 2 * MARGIN_US);
  const last = witness.tickers.get(symbol)?.at(-1)?.data.last ?? 0;
  const bought = await witness.place(market('stop-buy', symbol, '100'));
  if (bought?.type !== 'order.accepted') return broken(`a market order before the crash was answered ${told(bought)}`);
  const shares = [0.97, 0.9, 0.8, 0.75];
  const placed = await Promise.all(
    shares.map((share, at) =>
      witness.place({
        clientOrderId: `stop-${at}`,
        symbol,
        side: 'SELL',
        orderType: 'STOP_MARKET',
        quantity: '10',
        triggerPrice: (last * share).toFixed(2),
      }),
    ),
  );
  const refused = placed.find((answer) => answer?.type !== 'order.accepted');
  if (refused !== undefined) return broken(`a stop was answered ${told(refused)}`);
  await stage.ended;
  const prices = ticks
    .filter(({ eventTimeUs }) => eventTimeUs >= crash.startUs && eventTimeUs < crash.endUs)
    .flatMap(({ price, bid }) => [price, bid].filter((value) => value !== null));
  const lowest = Math.min(...prices);
  const faults = shares.flatMap((share, at) => {
    const stop = last * share;
    if (lowest > stop) return [`the crash never reached the stop at ${stop.toFixed(2)}`];
    const fills = witness.executions.filter(({ data }) => data.clientOrderId === `stop-${at}`);
    if (fills.length === 0)
      return [`the stop at ${stop.toFixed(2)} was not filled, the price fell to ${lowest.toFixed(2)}`];
    return fills
      .map(({ data }) => Number(data.lastPrice))
      .filter((price) => !prices.some((there) => Math.abs(there - price) < 1e-6))
      .map((price) => `the stop at ${stop.toFixed(2)} was filled at ${price}, which there wasn't`);
  });
  return noneOf(faults, `${shares.length} stops filled on a fall to ${lowest.toFixed(2)}`);
}

function market(clientOrderId: string, symbol: string, quantity = '1') {
  return { clientOrderId, symbol, side: 'BUY', orderType: 'MARKET', quantity } as const;
}

function resting(clientOrderId: string, symbol: string) {
  const terms = { side: 'BUY', orderType: 'LIMIT', quantity: '1', limitPrice: FAR_BELOW, timeInForce: 'DAY' } as const;
  return { clientOrderId, symbol, ...terms };
}

function refusal(answer: Answer, reason: string): Finding {
  if (answer?.type === 'error' && answer.reason === reason) return kept(`refused as ${reason}`);
  return broken(`a market order was answered ${told(answer)}, not refused as ${reason}`);
}

function told(answer: Answer): string {
  if (answer === undefined) return 'by the end of the connection';
  return answer.type === 'error' ? `${answer.code} ${answer.reason ?? ''}`.trim() : answer.type;
}
