import type { FacadeWorld, ProviderAnswer } from './facade.ts';

/** Whether a provider accepts a key now. Without a list of keys any that isn't empty will do. */
export function acceptsKey(world: FacadeWorld, key: string): boolean {
  if (key === '' || world.link().refusesAuth) return false;
  return world.keys === undefined || world.keys.includes(key);
}

/** An answer of JSON. */
export function jsonAnswer(status: number, value: unknown, headers?: Readonly<Record<string, string>>): ProviderAnswer {
  const body = JSON.stringify(value);
  return headers === undefined ? { status, body } : { status, body, headers };
}

/** A percent-encoded text decoded; as it is when it can't be. */
export function decodedPath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
