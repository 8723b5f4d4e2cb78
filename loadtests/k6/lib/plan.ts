import { SharedArray } from 'k6/data';
import {
  type ClientPlan,
  CUSTOM_DIALECT,
  DIALECT_NAMES,
  type GeneratorPlan,
  type TapeSymbol,
} from '../../../protocol/run.ts';

/** A plan as VUs read it: parsed once for all of them; a client is copied into the VU that asks for it. */
export interface SharedPlan {
  /** Everything but the clients and the tape. */
  readonly head: PlanHead;
  readonly clientCount: number;
  client(index: number): ClientPlan;
  /** The tape of these symbols, as far as the plan has it. */
  tapeOf(symbols: ReadonlySet<string>): readonly TapeSymbol[];
}

type PlanHead = Omit<GeneratorPlan, 'clients' | 'tape'>;

/**
 * Reads the plan that the environment variable `TAPEDECK_PLAN` names (against the working folder). Init context only.
 *
 * @throws Error in one line when the variable is missing or the file is no plan
 */
export function readPlan(): SharedPlan {
  const name = __ENV['TAPEDECK_PLAN'];
  if (!name) throw new Error('no plan: run with -e TAPEDECK_PLAN=plan.json, a file that the gate writes');
  const path = name.startsWith('/') ? name : `${__ENV['PWD']}/${name}`;
  const clients = new SharedArray<ClientPlan>('clients', () => [...parsePlan(path).clients]);
  const tape = new SharedArray<TapeSymbol>('tape', () => [...(parsePlan(path).tape ?? [])]);
  const names = new SharedArray<string>('tapeNames', () => (parsePlan(path).tape ?? []).map(({ symbol }) => symbol));
  const heads = new SharedArray<PlanHead>('plan', () => {
    const { clients: _, tape: __, ...head } = parsePlan(path);
    return [head];
  });
  const head = heads[0];
  if (head === undefined) throw new Error(`${path}: empty plan`);
  return {
    head,
    clientCount: clients.length,
    client: (index) => {
      const client = clients[index];
      if (client === undefined) throw new RangeError(`client ${index} of ${clients.length}`);
      return client;
    },
    tapeOf: (symbols) => {
      const found: TapeSymbol[] = [];
      for (let at = 0; at < names.length; at++) {
        const symbol = symbols.has(names[at] ?? '') ? tape[at] : undefined;
        if (symbol !== undefined) found.push(symbol);
      }
      return found;
    },
  };
}

function parsePlan(path: string): GeneratorPlan {
  const plan: unknown = JSON.parse(open(path));
  if (!isPlan(plan)) throw new Error(`${path}: not a plan of version 1 for k6 with at least one client`);
  return plan;
}

/** Looks at what tells a plan from another file; the gate that wrote it is trusted with the rest. */
function isPlan(value: unknown): value is GeneratorPlan {
  if (typeof value !== 'object' || value === null) return false;
  const isFirstVersion =
    'version' in value &&
    value.version === 1 &&
    'dialect' in value &&
    [...DIALECT_NAMES, CUSTOM_DIALECT].some((name) => name === value.dialect);
  const hasTimes = 'endUs' in value && typeof value.endUs === 'number' && 'schedule' in value && 'wallAheadUs' in value;
  return isFirstVersion && hasTimes && 'clients' in value && Array.isArray(value.clients) && value.clients.length > 0;
}
