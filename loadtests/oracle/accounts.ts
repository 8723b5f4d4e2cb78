import type { CorporateAction, Instrument, PortfolioView, PositionView, Side } from '../../market/types.ts';

/** Cash has four decimals. */
const CASH_DECIMALS = 4;

/** What a fill costs: cash units for each whole share, or basis points of its value, rounded half to even. */
export type Commission =
  | { readonly kind: 'per_share'; readonly cashUnits: number }
  | { readonly kind: 'bp'; readonly value: number };

/** How accounts are kept. */
export interface AccountRules {
  /** Cash units that an account starts with. */
  readonly startingCash: number;
  /** Default: average. */
  readonly costBasis?: 'average' | 'fifo';
  /** Default: none. */
  readonly commission?: Commission;
}

interface Lot {
  readonly quantity: bigint;
  /** Cash units of the lot, unsigned. */
  readonly value: bigint;
}

interface Holding {
  readonly symbol: number;
  /** Bought, or sold short, oldest first; all one way round. */
  lots: Lot[];
  isShort: boolean;
  realized: bigint;
}

/** Some lots bought or sold. */
interface Fill {
  readonly account: string;
  readonly symbol: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/**
 * The accounts of the oracle: cash and holdings by plain exact arithmetic, every fill a list of lots. Prices in ticks,
 * quantities in lots, money in 1/10,000 of the currency.
 */
export class Accounts {
  readonly #instruments: readonly Instrument[];
  readonly #rules: AccountRules;
  readonly #cash = new Map<string, bigint>();
  readonly #holdings = new Map<string, Holding[]>();

  constructor(instruments: readonly Instrument[], rules: AccountRules) {
    this.#instruments = instruments;
    this.#rules = rules;
  }

  /** Makes an account known, with the cash that it starts with. */
  open(account: string): void {
    if (!this.#cash.has(account)) this.#cash.set(account, BigInt(this.#rules.startingCash));
  }

  /** Cash of an account, in cash units. */
  cash(account: string): number {
    return Number(this.#cash.get(account) ?? 0n);
  }

  /** Lots held, negative when short. */
  held(account: string, symbol: number): number {
    const holding = this.#holding(account, symbol);
    return holding === undefined ? 0 : Number(quantityOf(holding));
  }

  /**
   * Books a fill: what reduces the holding is realised, the rest is a new lot, and the commission is a realised loss.
   *
   * @returns the commission in cash units
   */
  fill(fill: Fill): number {
    const { account, symbol, side, price, quantity } = fill;
    const isSale = side === 'SELL';
    const worth = this.value(symbol, price, quantity);
    const commission = this.#commission(worth, quantity);
    this.#cash.set(account, (this.#cash.get(account) ?? 0n) + (isSale ? worth : -worth) - commission);
    const holding = this.#holding(account, symbol) ?? this.#newHolding(account, symbol);
    holding.realized -= commission;
    const isOpposite = holding.isShort !== isSale;
    const closing = isOpposite ? minimum(sizeOf(holding), BigInt(quantity)) : 0n;
    if (closing > 0n) {
      const cost = this.#release(holding, closing);
      const got = this.value(symbol, price, Number(closing));
      holding.realized += isSale ? got - cost : cost - got;
    }
    const opening = BigInt(quantity) - closing;
    if (opening > 0n) {
      holding.isShort = isSale;
      holding.lots.push({ quantity: opening, value: this.value(symbol, price, Number(opening)) });
    }
    return Number(commission);
  }

  /**
   * Pays a dividend on what is held of a symbol and splits it. What isn't a whole lot any more is sold, or bought back, at `oldPrice`
   * ticks for one old share, and takes its share of the cost along: of the whole by average, of the newest lot by FIFO.
   */
  adjust(action: CorporateAction, oldPrice: number): void {
    const { symbol, cashPerShare } = action;
    for (const [account, cash] of this.#cash) {
      const holding = this.#holding(account, symbol);
      if (holding === undefined) continue;
      const sign = holding.isShort ? -1n : 1n;
      const shareLots = 10n ** BigInt(this.#instruments[symbol]?.quantityDecimals ?? 0);
      const dividend = sign * divideHalfEven(BigInt(cashPerShare) * sizeOf(holding), shareLots);
      if (this.#rules.costBasis !== 'fifo') holding.lots = merged(holding.lots);
      const { lots, restParts, restCost } = splitLots(holding.lots, action);
      const perPart = this.value(symbol, oldPrice, 1);
      const paid = divideHalfEven(perPart * restParts, BigInt(action.numerator));
      holding.lots = lots;
      holding.realized += dividend + sign * (paid - restCost);
      this.#cash.set(account, cash + dividend + sign * paid);
    }
  }

  /** The account's holdings, closed ones included, in the order of their first fill. */
  positions(account: string, markOf: (symbol: number) => number): PositionView[] {
    return (this.#holdings.get(account) ?? []).map((holding) => {
      const { symbol } = holding;
      const mark = markOf(symbol);
      const quantity = Number(quantityOf(holding));
      const cost = costOf(holding);
      const unrealized = this.value(symbol, mark, quantity) - cost;
      return {
        account,
        symbol,
        quantity,
        cost: Number(cost),
        realizedPnl: Number(holding.realized),
        unrealizedPnl: Number(unrealized),
        mark,
      };
    });
  }

  /** What the account is worth; all 0 for one that is unknown. */
  portfolio(account: string, markOf: (symbol: number) => number): PortfolioView {
    const positions = this.positions(account, markOf);
    let equity = this.#cash.get(account) ?? 0n;
    for (const { symbol, quantity, mark } of positions) equity += this.value(symbol, mark, quantity);
    const deposits = this.#cash.has(account) ? this.#rules.startingCash : 0;
    return {
      account,
      cash: this.cash(account),
      equity: Number(equity),
      realizedPnl: positions.reduce((sum, { realizedPnl }) => sum + realizedPnl, 0),
      unrealizedPnl: positions.reduce((sum, { unrealizedPnl }) => sum + unrealizedPnl, 0),
      deposits,
    };
  }

  /** Cash units of some lots at a price. The instrument's decimals are no finer than the cash's. */
  value(symbol: number, price: number, quantity: number): bigint {
    const { priceDecimals = 0, quantityDecimals = 0 } = this.#instruments[symbol] ?? {};
    const scale = CASH_DECIMALS - priceDecimals - quantityDecimals;
    if (scale < 0) throw new RangeError(`the oracle's cash is coarser than prices x quantities of symbol ${symbol}`);
    return BigInt(price) * BigInt(quantity) * 10n ** BigInt(scale);
  }

  #commission(worth: bigint, quantity: number): bigint {
    const { commission } = this.#rules;
    if (commission === undefined) return 0n;
    if (commission.kind === 'per_share') return BigInt(commission.cashUnits) * BigInt(quantity);
    return divideHalfEven(worth * BigInt(commission.value), 10_000n);
  }

  /** Takes lots out of a holding, and says what they cost. */
  #release(holding: Holding, quantity: bigint): bigint {
    return this.#rules.costBasis === 'fifo' ? releaseOldest(holding, quantity) : releaseAverage(holding, quantity);
  }

  #holding(account: string, symbol: number): Holding | undefined {
    return this.#holdings.get(account)?.find((holding) => holding.symbol === symbol);
  }

  #newHolding(account: string, symbol: number): Holding {
    const holding: Holding = { symbol, lots: [], isShort: false, realized: 0n };
    const holdings = this.#holdings.get(account);
    if (holdings === undefined) this.#holdings.set(account, [holding]);
    else holdings.push(holding);
    return holding;
  }
}

/** By average cost all lots are one: it gives up its share, rounded half to even. */
function releaseAverage(holding: Holding, quantity: bigint): bigint {
  let size = 0n;
  let value = 0n;
  for (const lot of holding.lots) {
    size += lot.quantity;
    value += lot.value;
  }
  const released = divideHalfEven(value * quantity, size);
  const rest = size - quantity;
  holding.lots = rest === 0n ? [] : [{ quantity: rest, value: value - released }];
  return released;
}

/** First in, first out; a lot is given up in part at its own price. */
function releaseOldest(holding: Holding, quantity: bigint): bigint {
  let wanted = quantity;
  let released = 0n;
  const kept: Lot[] = [];
  for (const lot of holding.lots) {
    const taken = minimum(wanted, lot.quantity);
    const value = divideHalfEven(lot.value * taken, lot.quantity);
    wanted -= taken;
    released += value;
    if (taken < lot.quantity) kept.push({ quantity: lot.quantity - taken, value: lot.value - value });
  }
  holding.lots = kept;
  return released;
}

/** All lots as one; none when there are none. */
function merged(lots: readonly Lot[]): Lot[] {
  const [first, ...others] = lots;
  if (first === undefined) return [];
  return [others.reduce((sum, lot) => joined(sum, lot), first)];
}

function joined(one: Lot, other: Lot): Lot {
  return { quantity: one.quantity + other.quantity, value: one.value + other.value };
}

/**
 * Turns every `denominator` lots into `numerator`, counted from the oldest on. A lot of which nothing is left goes into the next, the
 * last ones into the newest that is left. `restParts`: what no whole lot is left of, in `numerator`-ths of an old lot.
 */
function splitLots(
  lots: readonly Lot[],
  { numerator, denominator }: CorporateAction,
): { readonly lots: Lot[]; readonly restParts: bigint; readonly restCost: bigint } {
  const [by, per] = [BigInt(numerator), BigInt(denominator)];
  const old: Lot[] = [];
  let waiting: Lot | undefined;
  let seen = 0n;
  for (const lot of lots) {
    const before = (seen * by) / per;
    seen += lot.quantity;
    waiting = waiting === undefined ? lot : joined(waiting, lot);
    if ((seen * by) / per === before) continue;
    old.push(waiting);
    waiting = undefined;
  }
  const restParts = seen * by - ((seen * by) / per) * per;
  const newest = old.pop();
  if (newest === undefined) return { lots: [], restParts: seen * by, restCost: waiting?.value ?? 0n };
  const last = waiting === undefined ? newest : joined(newest, waiting);
  const restCost = divideHalfEven(last.value * restParts, last.quantity * by);
  let [taken, given] = [0n, 0n];
  const split = [...old, last].map(({ quantity, value }): Lot => {
    const before = given;
    taken += quantity;
    given = (taken * by) / per;
    return { quantity: given - before, value };
  });
  split.push({ quantity: split.pop()?.quantity ?? 0n, value: last.value - restCost });
  return { lots: split, restParts, restCost };
}

function sizeOf({ lots }: Holding): bigint {
  return lots.reduce((sum, { quantity }) => sum + quantity, 0n);
}

function quantityOf(holding: Holding): bigint {
  return holding.isShort ? -sizeOf(holding) : sizeOf(holding);
}

function costOf({ lots, isShort }: Holding): bigint {
  const cost = lots.reduce((sum, { value }) => sum + value, 0n);
  return isShort ? -cost : cost;
}

/** `dividend / divisor`, both not negative, rounded half to even. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const whole = dividend / divisor;
  const twiceRest = (dividend % divisor) * 2n;
  const isUp = twiceRest > divisor || (twiceRest === divisor && whole % 2n === 1n);
  return isUp ? whole + 1n : whole;
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
