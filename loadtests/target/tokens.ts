import { GateError } from '../gate/errors.ts';
import type { TokenSource } from '../gate/underTest.ts';
import { outputOf } from './shell.ts';

const TOKEN_MS = 30_000;
const AT_ONCE = 8;

/** Makes a token for an account. */
export type MakeToken = (account: string) => Promise<string>;

/**
 * Gets the tokens of a run's accounts before it starts, since a command for each takes its time; undefined for a server
 * without tokens.
 *
 * @param sign signs a token with the secret in a file
 * @throws GateError when a command fails or prints nothing
 */
export async function tokensFor(
  accounts: readonly string[],
  options: { readonly source: TokenSource | undefined; readonly sign: (file: string) => MakeToken },
): Promise<ReadonlyMap<string, string>> {
  const { source } = options;
  if (source === undefined) return new Map();
  if (source.kind === 'fixed') return new Map(accounts.map((account) => [account, source.token]));
  const make: MakeToken =
    source.kind === 'secret' ? options.sign(source.file) : (account) => told(source.command, account);
  const tokens = new Map<string, string>();
  for (let at = 0; at < accounts.length; at += AT_ONCE) {
    const some = accounts.slice(at, at + AT_ONCE);
    const made = await Promise.all(some.map(make));
    for (const [place, account] of some.entries()) tokens.set(account, made[place] ?? '');
  }
  return tokens;
}

async function told(command: string, account: string): Promise<string> {
  const token = await outputOf(command.replaceAll('{account}', account), { timeoutMs: TOKEN_MS }).catch((error) => {
    throw new GateError(`--token-command for ${account}: ${error instanceof Error ? error.message : error}`);
  });
  if (token === '' || /\s/.test(token)) {
    throw new GateError(
      `--token-command for ${account}: it printed ${token === '' ? 'nothing' : 'more than one word'}; it must print the token alone`,
    );
  }
  return token;
}
