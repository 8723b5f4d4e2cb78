import type { Context } from './context.ts';

/** The languages that the suite knows; `http` are the routes that all of them share. */
export const DIALECTS = ['native', 'ai-trading-v2', 'us-001', 'paiid', 'tickstock', 'http'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** What a case needs beside its endpoint, with the words that say so where it is lacking. */
export const NEEDS = {
  ticks: 'a market that moves',
  minutes: 'minutes of the market that end while the suite waits',
  orders: 'orders and accounts',
  alerts: 'alerts',
  presence: 'presence',
  patterns: 'patterns',
  bars: 'bars',
  trades: 'the channel trade',
  news: 'news',
  resume: 'resume',
  routes: 'the HTTP routes of market, accounts, orders and polling',
  patience: 'half a minute (--patient)',
  secret: "the HS256 secret of the server's tokens (TAPEDECK_JWT_SECRET)",
  tokens: 'a server that asks for tokens',
  development: 'a server without a secret',
  'other-token': 'a token of another user (--other-token)',
  restart: 'a server that may be restarted (--restart-command)',
  json: 'frames in JSON (--codec json)',
  'quiet-symbol': 'a symbol that has not traded (--quiet-symbol)',
} as const;
export type Need = keyof typeof NEEDS;

/** One promise of the protocol, and how to find out whether a server keeps it. */
export interface Case {
  /** `dialect.theme.rule-in-words`. */
  readonly name: string;
  readonly dialect: DialectName;
  /** Anchor of the paragraph of PROTOCOL.md that promises it. */
  readonly paragraph: string;
  readonly needs: readonly Need[];
  /** The case is broken when it takes longer, ms. */
  readonly timeoutMs: number;
  /** @throws Broken when the promise isn't kept, Skip when this server gives no occasion to find out */
  readonly run: (context: Context) => Promise<void>;
}

/** A promise that wasn't kept. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}, came ${came}`);
    this.expected = expected;
    this.came = came;
  }
}

/** A case that this server gives no occasion for. */
export class Skip extends Error {
  override readonly name = 'Skip';
}

/** What the cases of a theme share. */
interface Theme {
  readonly dialect: DialectName;
  readonly theme: string;
  readonly paragraph: string;
  readonly needs?: readonly Need[];
  readonly timeoutMs?: number;
}

/** What a single case has of its own. */
interface Own {
  readonly paragraph?: string;
  /** Beside those of its theme. */
  readonly needs?: readonly Need[];
  readonly timeoutMs?: number;
}

/** Much longer than a slow machine takes for anything that a server does at once, and for a tick: only a dead server needs more. */
const TIMEOUT_MS = 30_000;

/** Makes the cases of a theme: a rule's name in words with dashes, and how to find out. */
export function theme(shared: Theme): (rule: string, run: Case['run'], own?: Own) => Case {
  return (rule, run, own = {}) => ({
    name: `${shared.dialect}.${shared.theme}.${rule}`,
    dialect: shared.dialect,
    paragraph: own.paragraph ?? shared.paragraph,
    needs: [...(shared.needs ?? []), ...(own.needs ?? [])],
    timeoutMs: own.timeoutMs ?? shared.timeoutMs ?? TIMEOUT_MS,
    run,
  });
}

/** The rule of a case in words. */
export function ruleOf({ name }: Pick<Case, 'name'>): string {
  return name.slice(name.lastIndexOf('.') + 1).replaceAll('-', ' ');
}
