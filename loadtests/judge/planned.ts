import type { Target, TargetId } from '../../protocol/schemas/targets.ts';
import type { RunEvidence } from './evidence.ts';
import { type Finding, leastSamples } from './samples.ts';

/** What a run was planned to show to a row, and what the row asks for. */
interface Plan {
  readonly planned: number;
  readonly needed: number;
  /** Of what, in the plural. */
  readonly what: string;
}

/** What is known of a run before it is played. */
type Planned = Pick<RunEvidence, 'scenario' | 'plannedClients' | 'absent' | 'endedEarly'> & {
  readonly cuts: readonly unknown[];
};

function planOf(target: Target, evidence: Planned): Plan | undefined {
  const clients = { planned: evidence.plannedClients, what: 'clients' };
  switch (target.id) {
    case 'clients':
      return { ...clients, needed: target.bound };
    case 'connect':
    case 'errors':
    case 'stability':
      return { ...clients, needed: leastSamples(target, evidence) };
    case 'symbols':
      return { planned: evidence.scenario.tape.symbols, needed: target.bound, what: 'symbols' };
    case 'reconnect':
    case 'resume':
      // Those that flap come back besides.
      if (evidence.scenario.load.behaviours !== undefined) return undefined;
      return { planned: evidence.cuts.length, needed: leastSamples(target, evidence), what: 'cuts' };
    default:
      return undefined;
  }
}

/**
 * Judges a row by what was planned where that is less than the row asks for: what is held then is no promise kept, and what
 * wasn't planned is no fault of the target.
 *
 * @param find how the row is judged
 */
export function asPlanned(target: Target, evidence: RunEvidence, find: (target: Target) => Finding): Finding {
  const plan = planOf(target, evidence);
  const whole = find(target);
  if (whole.verdict === 'pass' || plan === undefined || plan.planned >= plan.needed) return whole;
  const { planned, needed, what } = plan;
  const isBound = target.id === 'clients' || target.id === 'symbols';
  const found = find(isBound ? { ...target, bound: planned } : { ...target, minSamples: planned });
  if (found.verdict !== 'pass') return found;
  const reason = `the scenario plans ${planned} ${what} and the row asks for ${needed}: play a larger one, or take other targets`;
  return { ...found, verdict: 'invalid', reason };
}

/** Rows whose samples can't be more than was planned. */
const BOUND_BY_PLAN: ReadonlySet<TargetId> = new Set(['clients', 'symbols', 'reconnect', 'resume']);

/** Says before a run is played that its verdict can't be `pass`, since less is planned than rows ask for; undefined when it can. */
export function tooSmallFor(targets: readonly Target[], planned: Planned): string | undefined {
  const short = targets.flatMap((target) => {
    const isJudged = target.severity !== 'warn' && !target.needs.some((need) => planned.absent.has(need));
    const plan = isJudged && BOUND_BY_PLAN.has(target.id) ? planOf(target, planned) : undefined;
    // Without any cut there is nothing to come back from, and the row doesn't apply.
    if (plan === undefined || plan.planned >= plan.needed || (plan.what === 'cuts' && plan.planned === 0)) return [];
    return [`${target.id} asks for ${plan.needed} ${plan.what}, ${plan.planned} are planned`];
  });
  if (short.length === 0) return undefined;
  return `this run can't pass: ${short.join('; ')}. Play a larger scenario, or take other targets`;
}

/** Whether a row asks for reconnects in a run in which nobody was to be cut, and nobody was. */
export function isUncut({ id }: Target, { scenario, generators }: RunEvidence): boolean {
  if (id !== 'reconnect' && id !== 'resume') return false;
  if (scenario.cuts.length > 0 || scenario.load.behaviours !== undefined) return false;
  return generators.every(({ clients }) => clients.every(({ closes }) => closes.length === 0));
}
