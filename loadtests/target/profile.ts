import type { SessionChannel } from '../../protocol/run.ts';
import type { Need, Target } from '../../protocol/schemas/targets.ts';
import { type DialectProfile, withLeast, withoutOrders } from '../gate/dialects.ts';
import type { Seen } from '../gate/inside.ts';
import type { CommandUnderTest, UrlUnderTest } from '../gate/underTest.ts';
import { parseAddress } from './address.ts';
import { withoutSecrets } from './secrets.ts';

/** Where nobody knows how much will be due, this is what a p99 takes. */
const LEAST_OF_A_PERCENTILE = 1_000;
const UNKNOWN_FEED = 'what the server is fed is not known here; --fed-by gives it a feed that is';

/** A dialect as a server that isn't ours is judged by it: what it lacks, and what nobody can know of it, makes rows not applicable. */
export function foreignProfile(profile: DialectProfile, underTest: CommandUnderTest | UrlUnderTest): DialectProfile {
  const path = pathOf(underTest);
  const timedBy = timedByOf(profile, underTest);
  const isOwn = (underTest.fed?.kind ?? 'own') === 'own';
  const isNobody = hasNoAccounts(profile, underTest);
  return {
    ...profile,
    ...(isNobody && { channels: profile.channels.filter((channel) => !OF_ACCOUNTS.has(channel)) }),
    pathOf: path === '' ? profile.pathOf : (client) => filledPath(path, client),
    ...(underTest.rules === undefined ? {} : { rules: underTest.rules }),
    ...(timedBy === 'schedule' ? {} : { timedBy }),
    headsFrom: headsFrom(profile, underTest),
    absent: absentOf(profile, { underTest, timedBy }),
    scenario: (scenario) => {
      const shown = profile.scenario(scenario);
      if (!isOwn) return isNobody ? withoutOrders(shown) : shown;
      const { leastSamples: _, ...rest } = shown;
      const symbols = underTest.symbols?.length ?? shown.tape.symbols;
      return withoutOrders({ ...rest, tape: { ...shown.tape, symbols, speed: 1 } });
    },
    target: (target) => withNeeds(bounded(profile.target(target), { underTest, isOwn })),
  };
}

/** What of a server can't be seen from within, with the reason. */
export function unseen(
  { metricsUrl }: CommandUnderTest | UrlUnderTest,
  { hasInside, hasResources }: Seen,
): ReadonlyMap<Need, string> {
  const absent = new Map<Need, string>();
  if (!hasInside) {
    const way =
      metricsUrl === undefined ? 'give --metrics' : `${withoutSecrets(metricsUrl)} has no tapedeck_process_seconds`;
    absent.set('inside', `it is not looked into; ${way}`);
  }
  if (!hasResources) {
    const way = metricsUrl === undefined ? 'give --pid or --metrics' : 'give --pid';
    absent.set('resources', `the target is not looked into: ${way}`);
  }
  return absent;
}

/** The path of its address; '' for that of the dialect. */
function pathOf({ url }: CommandUnderTest | UrlUnderTest): string {
  return url === undefined ? '' : parseAddress(url.replaceAll('{port}', '1')).path;
}

const OF_ACCOUNTS: ReadonlySet<SessionChannel> = new Set(['order', 'execution', 'position.value', 'portfolio']);

/** Where a token says whose account it is, and there is none. */
function hasNoAccounts({ name }: DialectProfile, { tokens }: CommandUnderTest | UrlUnderTest): boolean {
  return name === 'native' && tokens === undefined;
}

/** By what messages are due: the tape's schedule where the tape is what is fed and told, else their own time, where they have one. */
function timedByOf(
  profile: DialectProfile,
  { fed, rules, isEventTime }: CommandUnderTest | UrlUnderTest,
): 'schedule' | 'frame' | 'nothing' {
  if (profile.name === 'custom') {
    if (rules?.time === undefined) return 'nothing';
    return rules.price !== undefined || isEventTime === true ? 'schedule' : 'frame';
  }
  return (fed?.kind ?? 'own') === 'own' ? 'frame' : 'schedule';
}

/** Where the feed is the server's own, clients can be held against one another, if what they hear bears one number for all. */
function headsFrom(
  profile: DialectProfile,
  underTest: CommandUnderTest | UrlUnderTest,
): NonNullable<DialectProfile['headsFrom']> {
  const isCustom = profile.name === 'custom';
  if (timedByOf(profile, underTest) === 'schedule' && (!isCustom || underTest.rules?.price !== undefined))
    return 'tape';
  const hasOneNumber = isCustom ? underTest.rules?.seq?.of === 'symbol' : profile.isNumbered;
  return hasOneNumber ? 'clients' : 'nobody';
}

function absentOf(
  profile: DialectProfile,
  options: {
    readonly underTest: CommandUnderTest | UrlUnderTest;
    readonly timedBy: 'schedule' | 'frame' | 'nothing';
  },
): ReadonlyMap<Need, string> {
  const { underTest, timedBy } = options;
  const absent = new Map(profile.absent);
  if ((underTest.fed?.kind ?? 'own') === 'own') {
    if (!absent.has('orders')) absent.set('orders', UNKNOWN_FEED);
    if (!absent.has('patterns')) absent.set('patterns', UNKNOWN_FEED);
  }
  if (hasNoAccounts(profile, underTest)) {
    for (const need of ['orders', 'accounts'] as const)
      absent.set(need, 'without a token nobody knows whose account it is');
  }
  if (timedBy === 'nothing') absent.set('due', 'no message says when it was due; --time-field names what does');
  const isAudited = profile.isNumbered || underTest.rules?.seq !== undefined || timedBy === 'schedule';
  if (!isAudited) {
    const way = profile.name === 'custom' ? '; --seq-field names what does' : '';
    absent.set('audit', `nothing tells what is missing: no message has a number, and ${UNKNOWN_FEED}${way}`);
  }
  return absent;
}

/** Needs that rows have of any server but ours, which has them all. */
const FURTHER_NEEDS: Readonly<Partial<Record<Target['id'], Need>>> = {
  tick: 'due',
  fairness: 'due',
  loss: 'audit',
  heartbeat: 'beats',
  memory: 'resources',
};

function withNeeds(target: Target): Target {
  const further = FURTHER_NEEDS[target.id];
  if (further === undefined) return target;
  const needs = target.id === 'memory' ? target.needs.filter((need) => need !== 'inside') : target.needs;
  return { ...target, needs: [...needs, further] };
}

function bounded(
  target: Target,
  { underTest, isOwn }: { readonly underTest: CommandUnderTest | UrlUnderTest; readonly isOwn: boolean },
): Target {
  if (target.id === 'symbols' && underTest.symbols !== undefined) {
    return { ...target, bound: Math.min(target.bound, underTest.symbols.length) };
  }
  const isCounted = target.id === 'tick' || target.id === 'loss' || target.id === 'publish' || target.id === 'process';
  return isOwn && isCounted ? withLeast(target, LEAST_OF_A_PERCENTILE) : target;
}

function filledPath(
  path: string,
  client: { readonly account: string; readonly token?: string | undefined; readonly symbols: readonly string[] },
): string {
  const { account, token = '', symbols } = client;
  const filled = path
    .replaceAll('{symbols}', symbols.map(encodeURIComponent).join(','))
    .replaceAll('{symbol}', encodeURIComponent(symbols[0] ?? ''))
    .replaceAll('{account}', encodeURIComponent(account))
    .replaceAll('{token}', encodeURIComponent(token));
  return filled.startsWith('/') ? filled : `/${filled}`;
}
