import type { Instrument } from '../market/types.ts';
import { unitsOf } from '../protocol/codecs/json.ts';
import type { AlertClearFrame, AlertSetFrame } from '../protocol/messages.ts';
import { accountOf, type CommandContext, idOf, mayReadMarket, refuse, tellSafe } from './commandContext.ts';
import { type Alert, MAX_ALERTS_PER_ACCOUNT } from './hub/alerts.ts';
import { alertData } from './marketWire.ts';

/** Digits of a percentage behind the point that count. */
const PERCENT_DECIMALS = 4;
const MAX_PRICE = 0x7fff_fffe;

/** Sets or clears an alert and answers. */
export function runAlertCommand(context: CommandContext, frame: AlertSetFrame | AlertClearFrame): void {
  if (!mayReadMarket(context, frame, 'an alert')) return;
  const account = accountOf(context, frame);
  if (account === undefined) return;
  if (context.loop.failure !== undefined) {
    const message = 'the journal has failed: no alert can be kept until the server was started again';
    refuse(context, frame, { code: 'internal', message });
    return;
  }
  if (frame.type === 'alert.set') setAlert(context, frame, account);
  else clearAlert(context, frame, account);
}

function setAlert(context: CommandContext, frame: AlertSetFrame, account: string): void {
  const { book, hub } = context;
  const instrument = book.instrument(frame.symbol);
  if (instrument === undefined) {
    refuse(context, frame, { code: 'unknown_symbol', message: `unknown symbol ${JSON.stringify(frame.symbol)}` });
    return;
  }
  const alert = alertOf(frame, account, instrument);
  if (typeof alert === 'string') refuse(context, frame, { code: 'bad_message', message: alert });
  else if (hub.alerts.set(alert)) {
    tellSafe(context, { type: 'alert.accepted', ...idOf(frame), data: alertData(alert, instrument) });
  } else {
    const message = `an account may have ${MAX_ALERTS_PER_ACCOUNT} alerts; clear one first`;
    refuse(context, frame, { code: 'too_many_alerts', message });
  }
}

function clearAlert(context: CommandContext, frame: AlertClearFrame, account: string): void {
  const { alertId } = frame;
  if (context.hub.alerts.clear(account, alertId) !== undefined) {
    tellSafe(context, { type: 'alert.cleared', ...idOf(frame), alertId });
    return;
  }
  refuse(context, frame, { code: 'unknown_alert', message: `no alert ${JSON.stringify(alertId)} waits` });
}

/** The alert in ticks, or why there can't be such a one. */
function alertOf(frame: AlertSetFrame, account: string, instrument: Instrument): Alert | string {
  const conditions = (['above', 'below', 'changePercent'] as const).filter((name) => frame[name] !== undefined);
  const [condition] = conditions;
  if (condition === undefined || conditions.length > 1) return 'expected one of "above", "below", "changePercent"';
  const threshold = frame[condition] ?? '';
  const common = { alertId: frame.alertId, account, symbol: instrument.index, condition, threshold };
  if (condition !== 'changePercent') {
    const triggerPrice = unitsOf(threshold, instrument.priceDecimals) ?? 0;
    if (!isPrice(triggerPrice))
      return `"${condition}": expected a price of ${instrument.symbol}, above 0 and on the tick`;
    return { ...common, triggerPrice, isRise: condition === 'above' };
  }
  const percent = unitsOf(threshold, PERCENT_DECIMALS) ?? 0;
  if (percent === 0) return `"changePercent": expected a number other than 0, of at most ${PERCENT_DECIMALS} decimals`;
  if (instrument.previousClose === 0) return `the last close of ${instrument.symbol} is unknown: give a price`;
  const exact = instrument.previousClose * (1 + percent / (100 * 10 ** PERCENT_DECIMALS));
  const triggerPrice = percent > 0 ? Math.ceil(exact) : Math.floor(exact);
  if (!isPrice(triggerPrice)) return `"changePercent": no price is ${threshold} percent from the last close`;
  return { ...common, triggerPrice, isRise: percent > 0 };
}

function isPrice(ticks: number): boolean {
  return ticks > 0 && ticks <= MAX_PRICE;
}
