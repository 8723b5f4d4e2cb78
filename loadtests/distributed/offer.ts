import { readFileSync } from 'node:fs';
import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { checkPlan } from '../session/planFile.ts';
import { MergeError } from './errors.ts';
import { RunIdentitySchema } from './records.ts';

const OfferSchema = Type.Object({
  schema: Type.Literal('tapedeck.offer'),
  version: Type.Literal(1),
  run: RunIdentitySchema,
  /** What the plan makes its clients receive, in the mean over its busiest ten seconds. */
  messagesPerS: Type.Number({ minimum: 0 }),
  /** The gate's clock: what it adds to its machine's monotonic time, µs, and which machine (and start of it) that is. */
  clock: Type.Object({ offsetUs: Type.Number(), bootId: Type.String() }),
  /** A `GeneratorPlan`; its form is checked apart. */
  plan: Type.Unknown(),
});
const offerCheck = TypeCompiler.Compile(OfferSchema);

/** What a gate gives to its generators: a plan, whole or a segment's, and what belongs to it. */
export type Offer = Omit<Static<typeof OfferSchema>, 'plan'> & { readonly plan: GeneratorPlan };

/** Name of the file in which a gate leaves its offer. */
export const OFFER_FILE = 'offer.json';

/** Reads an offer as a file or an answer holds it. @throws MergeError, PlanError naming `from` and the first field that is wrong */
export function parseOffer(from: string, text: string): Offer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new MergeError(`${from}: no JSON`, 'bad');
  }
  if (!offerCheck.Check(parsed)) {
    const fault = offerCheck.Errors(parsed).First();
    throw new MergeError(`${from}: ${fault?.path || 'the whole'}: ${fault?.message ?? 'no offer of a gate'}`, 'bad');
  }
  return { ...parsed, plan: checkPlan(from, parsed.plan) };
}

/** Reads a gate's offer from its file. @throws MergeError when it isn't there, or is none */
export function readOffer(path: string): Offer {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new MergeError(`${path}: can't be read; name the ${OFFER_FILE} that a gate with --segments wrote`, 'missing');
  }
  return parseOffer(path, text);
}

/** Which start of which machine this is; '' where the kernel doesn't tell. Two processes with one id have one monotonic clock. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
