import { type Capacity, type Plateau, VARIED_UNITS } from '../../protocol/schemas/capacity.ts';
import { formatCount } from '../words.ts';

export const OUTCOMES: Readonly<Record<Plateau['outcome'], string>> = {
  held: '✓ held',
  broken: '✗ broken',
  invalid: '? invalid',
};

/** The bracket in a line: `Holds 1,400 clients, breaks at 1,600`. */
export function titleOf({ bracket, vary }: Capacity): string {
  const { holds, breaks } = bracket;
  const unit = VARIED_UNITS[vary];
  if (holds === null) {
    return breaks === null ? 'Can’t tell what it holds' : `Breaks at ${formatCount(breaks)} ${unit}`;
  }
  if (breaks === null) return `Holds ${formatCount(holds)} ${unit} at least`;
  return `Holds ${formatCount(holds)} ${unit}, breaks at ${formatCount(breaks)}`;
}
