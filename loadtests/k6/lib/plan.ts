import { SharedArray } from 'k6/data';
import type { ClientPlan, GeneratorPlan, TapeSymbol } from '../../../protocol/generatorPlan.ts';
import { CUSTOM_DIALECT, DIALECT_NAMES } from '../../../protocol/serverUnderTest.ts';
import { makeOwnPlan, type Shape } from './ownPlan.ts';

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
 * Reads the plan that the environment variable `TAPEDECK_PLAN` names (against the working folder), or makes one of the
 * shape for the server at `TAPEDECK_URL`. Init context only.
 *
 * @throws Error in one line when a variable is missing or wrong, or the file is no plan
 */
export function readPlan(shape: Shape): SharedPlan {
  const { read, source } = planSource(shape);
  const clients = new SharedArray<ClientPlan>('clients', () => [...read().clients]);
  const tape = new SharedArray<TapeSymbol>('tape', () => [...(read().tape ?? [])]);
  const names = new SharedArray<string>('tapeNames', () => (read().tape ?? []).map(({ symbol }) => symbol));
  const heads = new SharedArray<PlanHead>('plan', () => {
    const { clients: _, tape: __, ...head } = read();
    return [head];
  });
  const head = heads[0];
  if (head === undefined) throw new Error(`${source}: empty plan`);
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

/** Where the plan comes from. One of our own is the same whenever it is read: all VUs share its hour. */
function planSource(shape: Shape): { readonly read: () => GeneratorPlan; readonly source: string } {
  const name = __ENV['TAPEDECK_PLAN'];
  if (name) {
    const path = name.startsWith('/') ? name : `${__ENV['PWD']}/${name}`;
    return { read: () => parsePlan(path), source: path };
  }
  const times = new SharedArray<number>('madeAtUs', () => [Date.now() * 1000]);
  return { read: () => makeOwnPlan(shape, __ENV, times[0] ?? 0), source: 'TAPEDECK_URL' };
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
