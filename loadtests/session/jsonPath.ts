/** A dotted path into parsed JSON, taken apart: names of fields, and places in lists. */
export type JsonPath = readonly (string | number)[];

/** A path that can't be read, told in one line. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

const NAME = /^[^.[\]]+/;
const PLACE = /^\[(\d{1,9})\]/;

/**
 * Reads a path as `data.items[0].ts` or `[0].T`; '' is the value itself.
 *
 * @throws JsonPathError naming the path and where it goes wrong
 */
export function parseJsonPath(text: string): JsonPath {
  const steps: (string | number)[] = [];
  let rest = text;
  while (rest !== '') {
    const place = PLACE.exec(rest);
    const name = place === null ? NAME.exec(rest) : null;
    const step = place ?? name;
    if (step === null)
      throw new JsonPathError(`path '${text}': can't be read from '${rest}' on; write data.items[0].ts`);
    steps.push(place === null ? step[0] : Number(place[1]));
    rest = rest.slice(step[0].length);
    if (!rest.startsWith('.')) {
      if (rest !== '' && !rest.startsWith('['))
        throw new JsonPathError(`path '${text}': '.' is missing before '${rest}'`);
      continue;
    }
    rest = rest.slice(1);
    if (rest === '') throw new JsonPathError(`path '${text}': a name is missing at its end`);
  }
  return steps;
}

/** What a value holds at a path; undefined where there is nothing. Inherited properties are none. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (typeof step === 'number' ? !Array.isArray(at) : !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}
