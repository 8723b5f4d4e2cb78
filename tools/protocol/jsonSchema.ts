export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Turns schemas into plain JSON Schema, in which every part that has a title stands once, under a name of its own. */
export class SchemaWriter {
  readonly #place: string;
  readonly #prefix: string;
  readonly #definitions: Map<string, Json>;

  /** @param options `place`: pointer to the definitions, as in a `$ref`; `prefix`: of all names */
  constructor(options: { readonly place: string; readonly prefix?: string; readonly into?: Map<string, Json> }) {
    this.#place = options.place;
    this.#prefix = options.prefix ?? '';
    this.#definitions = options.into ?? new Map();
  }

  /** What was defined so far, by name. */
  get definitions(): JsonObject {
    return Object.fromEntries(this.#definitions);
  }

  /** Defines a schema under a name; returns the reference to it. */
  define(name: string, schema: object): JsonObject {
    const full = this.#prefix + name;
    if (!this.#definitions.has(full)) {
      // Reserved before it is filled, so that definitions come in the order in which they are named.
      this.#definitions.set(full, null);
      this.#definitions.set(full, this.#object({ title: name, ...schema }));
    }
    return { $ref: `${this.#place}/${full}` };
  }

  /** Writes a schema: a reference when it has a title, else itself. */
  schema(schema: object): JsonObject {
    return this.#schema(schema);
  }

  #value(value: unknown): Json {
    if (Array.isArray(value)) return value.map((item: unknown) => this.#value(item));
    if (typeof value === 'object' && value !== null) return this.#schema(value);
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return value;
    throw new Error(`${String(value)} is no JSON`);
  }

  #schema(schema: object): JsonObject {
    if (!('title' in schema) || typeof schema.title !== 'string') return this.#object(schema);
    const { title } = schema;
    const { description, ...part }: { readonly title?: unknown; readonly description?: unknown } = schema;
    const reference = this.define(definitionName(title), part);
    return description === undefined ? reference : { allOf: [reference], description: linked(String(description)) };
  }

  #object(schema: object): JsonObject {
    const { anyOf, patternProperties, ...rest }: { anyOf?: unknown; patternProperties?: unknown } = { ...schema };
    const members = Object.entries(rest).map(([name, value]): [string, Json] => {
      return [name, name === 'description' ? linked(String(value)) : this.#value(value)];
    });
    if (Array.isArray(anyOf)) members.push(this.#alternatives(anyOf));
    if (typeof patternProperties === 'object' && patternProperties !== null) {
      members.push(this.#map(patternProperties));
    }
    return Object.fromEntries(members);
  }

  #alternatives(alternatives: readonly unknown[]): [string, Json] {
    const values = alternatives.map(constantOf);
    return values.includes(undefined) ? ['anyOf', this.#value(alternatives)] : ['enum', this.#value(values)];
  }

  /** TypeBox's way to say that any name will do, in JSON Schema's own. */
  #map(patternProperties: object): [string, Json] {
    const [entry, ...more] = Object.entries(patternProperties);
    if (entry !== undefined && more.length === 0 && entry[0] === '^(.*)$') {
      return ['additionalProperties', this.#value(entry[1])];
    }
    return ['patternProperties', this.#value(patternProperties)];
  }
}

function constantOf(schema: unknown): unknown {
  return typeof schema === 'object' && schema !== null && 'const' in schema ? schema.const : undefined;
}

/** `Ticker data` is `TickerData`; a frame keeps its type. */
function definitionName(title: string): string {
  return title.replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A description whose links lead from the generated files into PROTOCOL.md. */
function linked(description: string): string {
  return description.replaceAll('](#', '](../../PROTOCOL.md#');
}
