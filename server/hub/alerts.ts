/** Alerts of one account, at most. */
export const MAX_ALERTS_PER_ACCOUNT = 1_000;
const NO_PRICE_ABOVE = 0x7fff_ffff;

/** An alert that waits. */
export interface Alert {
  readonly alertId: string;
  readonly account: string;
  /** Index of the symbol. */
  readonly symbol: number;
  readonly condition: 'above' | 'below' | 'changePercent';
  /** As the client gave it: a decimal text. */
  readonly threshold: string;
  /** In ticks: it acts on a trade at this price or beyond. */
  readonly triggerPrice: number;
  /** Whether `beyond` is up. */
  readonly isRise: boolean;
}

/** Told of every alert that is set, in place of one of its name, and without `alert` of one that waits no more. */
type AlertWatch = (change: { readonly account: string; readonly alertId: string; readonly alert?: Alert }) => void;

/**
 * The alerts of all accounts, each symbol's in the order of their prices: a trade that meets none costs two comparisons. An
 * alert acts once, on the first trade that meets it.
 */
export class AlertBook {
  readonly #accounts = new Map<string, Map<string, Alert>>();
  /** By symbol: what waits for a rise, nearest price first, and for a fall. */
  readonly #rises: Alert[][];
  readonly #falls: Alert[][];
  /** Nearest prices by symbol. */
  readonly #above: Int32Array;
  readonly #below: Int32Array;

  readonly #onChange: AlertWatch;

  constructor(symbols: number, onChange: AlertWatch = () => undefined) {
    this.#onChange = onChange;
    this.#rises = Array.from({ length: symbols }, () => []);
    this.#falls = Array.from({ length: symbols }, () => []);
    this.#above = new Int32Array(symbols).fill(NO_PRICE_ABOVE);
    this.#below = new Int32Array(symbols);
  }

  /** Sets an alert, in place of one of the same name; false when the account has too many. */
  set(alert: Alert): boolean {
    const { account, alertId } = alert;
    const own = this.#accounts.get(account) ?? new Map<string, Alert>();
    if (!own.has(alertId) && own.size >= MAX_ALERTS_PER_ACCOUNT) return false;
    this.#accounts.set(account, own);
    this.clear(account, alertId);
    this.#put(own, alert);
    this.#onChange({ account, alertId, alert });
    return true;
  }

  /** Takes alerts as they were saved; nobody is told. */
  restore(alerts: Iterable<Alert>): void {
    for (const alert of alerts) {
      const own = this.#accounts.get(alert.account) ?? new Map<string, Alert>();
      this.#accounts.set(alert.account, own);
      this.#put(own, alert);
    }
  }

  /** Takes an alert away; undefined when there is none of that name. */
  clear(account: string, alertId: string): Alert | undefined {
    const alert = this.#accounts.get(account)?.get(alertId);
    if (alert === undefined) return undefined;
    this.#accounts.get(account)?.delete(alertId);
    const side = this.#side(alert);
    side.splice(side.indexOf(alert), 1);
    this.#renew(alert.symbol);
    this.#onChange({ account, alertId });
    return alert;
  }

  /** The account's alerts, in the order in which they were set. */
  list(account: string): Alert[] {
    return [...(this.#accounts.get(account)?.values() ?? [])];
  }

  /** Whether a trade of the symbol at this price meets an alert. */
  isMet(symbol: number, price: number): boolean {
    return price >= (this.#above[symbol] as number) || price <= (this.#below[symbol] as number);
  }

  /** Takes out what a trade at this price meets, nearest first. */
  take(symbol: number, price: number): Alert[] {
    const isReached = ({ isRise, triggerPrice }: Alert): boolean =>
      isRise ? price >= triggerPrice : price <= triggerPrice;
    const met = [...(this.#rises[symbol] ?? []), ...(this.#falls[symbol] ?? [])].filter(isReached);
    for (const { account, alertId } of met) this.clear(account, alertId);
    return met;
  }

  #put(own: Map<string, Alert>, alert: Alert): void {
    own.set(alert.alertId, alert);
    const side = this.#side(alert);
    const at = side.findIndex((other) => isFarther(other, alert));
    side.splice(at < 0 ? side.length : at, 0, alert);
    this.#renew(alert.symbol);
  }

  #side({ isRise, symbol }: Alert): Alert[] {
    const side = (isRise ? this.#rises : this.#falls)[symbol];
    if (side === undefined) throw new RangeError(`no symbol ${symbol}`);
    return side;
  }

  #renew(symbol: number): void {
    this.#above[symbol] = this.#rises[symbol]?.[0]?.triggerPrice ?? NO_PRICE_ABOVE;
    this.#below[symbol] = this.#falls[symbol]?.[0]?.triggerPrice ?? 0;
  }
}

function isFarther(other: Alert, { triggerPrice, isRise }: Alert): boolean {
  return isRise ? other.triggerPrice > triggerPrice : other.triggerPrice < triggerPrice;
}
