import { SharedArray } from 'k6/data';
import type { ClientPlan, GeneratorPlan } from '../../../protocol/run.ts';

/** A plan as VUs read it: parsed once for all of them; a client is copied into the VU that asks for it. */
export interface SharedPlan {
  /** Everything but the clients. */
  readonly head: Omit<GeneratorPlan, 'clients'>;
  readonly clientCount: number;
  client(index: number): ClientPlan;
}

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
  const heads = new SharedArray<Omit<GeneratorPlan, 'clients'>>('plan', () => {
    const { clients: _, ...head } = parsePlan(path);
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
  const isFirstVersion = 'version' in value && value.version === 1 && 'dialect' in value && value.dialect === 'native';
  const hasTimes = 'endUs' in value && typeof value.endUs === 'number' && 'schedule' in value && 'wallAheadUs' in value;
  return isFirstVersion && hasTimes && 'clients' in value && Array.isArray(value.clients) && value.clients.length > 0;
}
