import type { TSchema } from '@sinclair/typebox';

/** One setting of the server: its name in a file, its variable, its default and what it takes. */
export interface Setting {
  /** Name in a configuration file, camelCase; limits lie below `limits` there. */
  readonly name: string;
  /** Environment variable, see {@link environmentName}. */
  readonly variable: string;
  /** Unit of the value; '' where there is none. */
  readonly unit: string;
  /** One sentence: what it does. */
  readonly about: string;
  /** What the value must be, as JSON Schema. */
  readonly schema: TSchema;
  readonly default: unknown;
  /** Never shown, only whether it is set. */
  readonly secret: boolean;
}

/** The environment variable of a setting, mechanically: `maxFrameBytes` is `TAPEDECK_MAX_FRAME_BYTES`. */
function environmentName(name: string): string {
  return `TAPEDECK_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Makes a setting, its variable named after it. */
export function setting(parts: Omit<Setting, 'variable' | 'secret'> & { readonly secret?: boolean }): Setting {
  return { ...parts, variable: environmentName(parts.name), secret: parts.secret ?? false };
}
