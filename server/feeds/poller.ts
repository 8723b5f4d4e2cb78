import { TickKind } from '../../market/types.ts';
import { CallBudget } from './callBudget.ts';
import { type Answer, type Asking, ask, endOfStatus, type Question } from './http.ts';
import { type PollPlan, planPolls } from './pollPlan.ts';
import type { PlanLimits, Provider, ProviderAccess, Session, SessionEnd, SessionHost } from './provider.ts';

/** Polls under way at once, at most. */
const MAX_ASKING = 16;
/** Between the polls of the first round, which isn't spread over the interval: prices are wanted at once, ms. */
const FIRST_ROUND_EVERY_MS = 20;
/** While the market is closed, how often it is looked whether it still is, ms. */
const CLOSED_LOOK_MS = 30_000;
/** Polls in a row that fail before the session is over; one that fails before the first success ends it at once. */
const MAX_FAILURES = 3;
/** After a limit we hadn't known of, ms; and how long we ask less often than we think we may, µs. */
const LIMITED_MS = 60_000;
const SLOW_US = 3_600_000_000;
const MAX_SLOWDOWN = 8;
/** Waits for a limit beyond this are no pause but an end, ms. */
const MAX_WAIT_MS = 90_000;

/** What a poll has found. */
export interface Sample {
  readonly symbol: number;
  /** In the currency. */
  readonly price: number;
  /** Of the session so far, in units; undefined when it isn't said. */
  readonly volume: number | undefined;
  /** When the price was made, µs since the epoch; 0 when it isn't said. */
  readonly timeUs: number;
}

/** What an answer says. `unknown`: there is no such symbol. */
export type Reading =
  | { readonly kind: 'samples'; readonly samples: readonly Sample[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'end'; readonly end: SessionEnd };

/** What is special about a polled provider. */
export interface PollTalk {
  readonly name: Provider['name'];
  readonly access: ProviderAccess;
  /** Symbols that one question may ask for. */
  readonly perCall: number;
  readonly question: (names: readonly string[]) => Question;
  /** Reads an answer with status 200, and any other that isn't a refusal by its status alone. */
  readonly read: (value: unknown, asked: readonly number[], host: SessionHost) => Reading;
}

/** Makes a provider that is asked again and again. What it knows of its limits and volumes outlives its sessions. */
export function polled(talk: PollTalk): Provider {
  const memory = new PollMemory(talk.access.plan);
  return {
    name: talk.name,
    kind: 'poll',
    open: (host) => {
      const poller = new Poller(host, { talk, memory });
      poller.begin();
      return poller;
    },
  };
}

class PollMemory {
  readonly budget: CallBudget;
  readonly callsPerMinute: number;
  /** The last volume of each symbol, in lots. */
  readonly volumes = new Map<number, number>();
  #slowdown = 1;
  #slowUntilUs = 0;

  constructor({ callsPerMinute = Number.POSITIVE_INFINITY, callsPerDay = Number.POSITIVE_INFINITY }: PlanLimits) {
    this.callsPerMinute = callsPerMinute;
    this.budget = new CallBudget({ perMinute: callsPerMinute, perDay: callsPerDay });
  }

  /** How much less often than allowed we ask. */
  slowdown(nowUs: number): number {
    if (nowUs >= this.#slowUntilUs) this.#slowdown = 1;
    return this.#slowdown;
  }

  /** The provider's limit is lower than we thought. */
  slowDown(nowUs: number): void {
    this.#slowdown = Math.min(MAX_SLOWDOWN, this.slowdown(nowUs) * 2);
    this.#slowUntilUs = nowUs + SLOW_US;
  }
}

class Poller implements Session {
  readonly #host: SessionHost;
  readonly #talk: PollTalk;
  readonly #memory: PollMemory;
  readonly #asking = new Set<Asking>();
  #plan: PollPlan = { symbols: 0, intervalMs: 0, reason: undefined };
  #next = 0;
  #isFirstRound = true;
  #failures = 0;
  #isLive = false;
  #callOff: () => void = () => undefined;

  constructor(host: SessionHost, parts: { readonly talk: PollTalk; readonly memory: PollMemory }) {
    this.#host = host;
    this.#talk = parts.talk;
    this.#memory = parts.memory;
  }

  begin(): void {
    this.#replan();
    this.#after(1);
  }

  readonly stop = (): void => {
    this.#callOff();
    for (const asking of this.#asking) asking.cancel();
    this.#asking.clear();
  };

  #after(delayMs: number): void {
    this.#callOff();
    this.#callOff = this.#host.ports.timers.after(Math.max(1, Math.floor(delayMs)), () => this.#turn());
  }

  #turn(): void {
    const { phase, ports, waited, ended } = this.#host;
    if (!this.#isFirstRound && phase() === 'closed') {
      this.#after(CLOSED_LOOK_MS);
      return;
    }
    if (this.#asking.size >= MAX_ASKING) {
      this.#after(FIRST_ROUND_EVERY_MS);
      return;
    }
    const waitMs = this.#memory.budget.take(ports.clock.nowUs());
    if (waitMs > MAX_WAIT_MS) {
      waited(waitMs);
      ended({ reason: 'rate_limited', detail: "the day's calls are used up", retryAfterMs: waitMs });
    } else if (waitMs > 0) {
      waited(waitMs);
      this.#after(waitMs);
    } else {
      this.#call();
      this.#after(this.#isFirstRound ? FIRST_ROUND_EVERY_MS : this.#everyMs);
    }
  }

  /** Time between two calls of a round. */
  get #everyMs(): number {
    return this.#plan.intervalMs / Math.ceil(this.#plan.symbols / this.#talk.perCall);
  }

  #call(): void {
    const { symbols, ports } = this.#host;
    const count = Math.min(this.#talk.perCall, this.#plan.symbols - this.#next);
    const asked = Array.from({ length: count }, (_, at) => this.#next + at);
    this.#next += count;
    if (this.#next >= this.#plan.symbols) {
      this.#next = 0;
      this.#isFirstRound = false;
      this.#replan();
    }
    const question = this.#talk.question(asked.map((symbol) => symbols.nameOf(symbol)));
    const asking = ask(question, ports.timers, (answer) => {
      this.#asking.delete(asking);
      this.#take(answer, asked);
    });
    this.#asking.add(asking);
  }

  #replan(): void {
    const { symbols, ports, openLeftMs, covers } = this.#host;
    const { access, perCall } = this.#talk;
    const nowUs = ports.clock.nowUs();
    const { budget, callsPerMinute } = this.#memory;
    const plan = planPolls({
      symbols: Math.min(access.plan.symbols ?? symbols.size, symbols.size),
      perCall,
      pollMs: access.pollMs,
      maxPollMs: access.maxPollMs,
      callsPerMinute: callsPerMinute / this.#memory.slowdown(nowUs),
      callsLeft: budget.left(nowUs),
      openLeftMs: openLeftMs(),
    });
    // What is left of a day changes with every round; that alone is nothing to tell.
    if (isNear(plan, this.#plan)) return;
    this.#plan = plan;
    const { symbols: count, intervalMs, reason } = plan;
    const told = reason ?? (count < symbols.size ? `the plan allows ${count} of ${symbols.size} symbols` : undefined);
    covers({ symbols: count, intervalMs, ...(told !== undefined && { reason: told }) });
  }

  #take(answer: Answer, asked: readonly number[]): void {
    const { ports, bad } = this.#host;
    if (answer.kind === 'failed') {
      this.#fail({ reason: answer.reason, detail: answer.detail });
      return;
    }
    const { status, retryAfterMs } = answer;
    if (status === 429) {
      this.#memory.slowDown(ports.clock.nowUs());
      this.#limited('it answers with HTTP 429', retryAfterMs);
      return;
    }
    if (answer.kind === 'bad') {
      bad(answer.reason);
      this.#fail(
        status === 200 ? { reason: 'protocol', detail: 'its answer is not what it documents' } : endOfStatus(status),
      );
      return;
    }
    const reading = this.#talk.read(answer.value, asked, this.#host);
    if (reading.kind === 'samples') this.#sampled(reading.samples);
    else if (reading.kind === 'unknown') {
      bad('unknown_symbol');
      this.#succeed();
    } else if (reading.kind === 'end') {
      if (reading.end.reason === 'rate_limited') {
        this.#memory.slowDown(ports.clock.nowUs());
        this.#limited(reading.end.detail, reading.end.retryAfterMs);
      } else this.#host.ended(reading.end);
    } else {
      bad('unknown_form');
      this.#fail(
        status === 200 ? { reason: 'protocol', detail: 'its answer is not what it documents' } : endOfStatus(status),
      );
    }
  }

  #sampled(samples: readonly Sample[]): void {
    this.#succeed();
    for (const sample of samples) this.#sample(sample);
  }

  /** A price that is new, or has traded, is a trade of what the volume grew by; another one still holds. */
  #sample({ symbol, price, volume, timeUs }: Sample): void {
    const { symbols, tick, take, bad, confirm, lastPrice, eventTimeUs } = this.#host;
    const ticks = symbols.ticks(symbol, price);
    if (ticks === 0) {
      bad('bad_price');
      return;
    }
    const traded = this.#growth(symbol, volume);
    if (traded === 0 && ticks === lastPrice(symbol)) {
      confirm(symbol);
      return;
    }
    const seenUs = Math.max(timeUs, eventTimeUs(symbol));
    if (!(Number.isSafeInteger(Math.floor(seenUs)) && seenUs > 0)) {
      bad('bad_time');
      return;
    }
    tick.kind = TickKind.TRADE;
    tick.symbol = symbol;
    tick.eventTimeUs = Math.floor(seenUs);
    tick.price = ticks;
    tick.size = Math.max(1, traded);
    tick.bid = tick.ask = tick.bidSize = tick.askSize = tick.flags = 0;
    take(0);
  }

  /** By how many lots a volume has grown since the poll before. */
  #growth(symbol: number, volume: number | undefined): number {
    if (volume === undefined) return 0;
    const lots = this.#host.symbols.lots(symbol, volume);
    const before = this.#memory.volumes.get(symbol);
    if (lots < 0) return 0;
    this.#memory.volumes.set(symbol, lots);
    return before === undefined || lots < before ? 0 : lots - before;
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#isLive) return;
    this.#isLive = true;
    this.#host.live();
  }

  #fail(end: SessionEnd): void {
    this.#failures++;
    const isFatal = end.reason === 'auth_refused' || end.reason === 'rate_limited' || !this.#isLive;
    if (isFatal || this.#failures >= MAX_FAILURES) this.#host.ended(end);
  }

  #limited(detail: string, retryAfterMs = LIMITED_MS): void {
    this.#host.waited(retryAfterMs);
    this.#host.ended({ reason: 'rate_limited', detail, retryAfterMs });
  }
}

/** Whether two plans are so alike that going over from one to the other isn't worth a word. */
function isNear(one: PollPlan, other: PollPlan): boolean {
  const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 0.25 * b;
  const isAlike = (one.reason === undefined) === (other.reason === undefined);
  return isAlike && isClose(one.symbols, other.symbols) && isClose(one.intervalMs, other.intervalMs);
}
