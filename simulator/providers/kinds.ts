import type { ProviderName } from '../../protocol/providers/names.ts';
import type { ProviderKind } from './facade.ts';
import { POLYGON } from './polygon.ts';

/** Every provider that the simulator can play. */
export const PROVIDER_KINDS: Readonly<Partial<Record<ProviderName, ProviderKind>>> = {
  polygon: POLYGON,
};
