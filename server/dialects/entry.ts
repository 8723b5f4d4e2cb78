/** What an upgrade request says beside the token. */
export interface Entry {
  /** By name what stands for the `:name` parts of the endpoint's path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** Reads a request to the endpoint `pattern`, such as `/ws/stocks/:ticker`. A part that isn't decodable stays as it came. */
export function readEntry(pattern: string, request: { readonly path: string; readonly query: string }): Entry {
  const parts = request.path.split('/');
  const named = pattern.split('/').flatMap((part, at): [string, string][] => {
    const value = parts[at];
    return part.startsWith(':') && value !== undefined ? [[part.slice(1), decoded(value)]] : [];
  });
  return { parameters: Object.fromEntries(named), query: new URLSearchParams(request.query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
