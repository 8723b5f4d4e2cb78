import { decodeJwt } from 'jose';
import { GateError } from '../gate/errors.ts';
import type { TokenSource } from '../gate/underTest.ts';
import { outputOf } from './shell.ts';

const TOKEN_MS = 30_000;
const AT_ONCE = 8;

/** Makes a token for an account; undefined for a server without tokens. */
export type MakeToken = (account: string) => Promise<string | undefined>;

/**
 * What makes the tokens of a server that isn't ours.
 *
 * @param sign signs a token for an account with the secret in a file
 */
export function tokenMaker(
  source: TokenSource | undefined,
  sign: (file: string, account: string) => Promise<string>,
): MakeToken {
  if (source === undefined) return async () => undefined;
  switch (source.kind) {
    case 'fixed':
      return async () => source.token;
    case 'secret':
      return (account) => sign(source.file, account);
    case 'command':
      return (account) => told(source.command, account);
  }
}

/** Makes the tokens of accounts ahead of a run, some at a time: what makes them may be slow. */
export async function madeAhead(accounts: readonly string[], make: MakeToken): Promise<MakeToken> {
  const tokens = new Map<string, string | undefined>();
  for (let at = 0; at < accounts.length; at += AT_ONCE) {
    const some = accounts.slice(at, at + AT_ONCE);
    const made = await Promise.all(some.map(make));
    for (const [place, account] of some.entries()) tokens.set(account, made[place]);
  }
  return async (account) => tokens.get(account);
}

/** @throws GateError when the command fails, or prints anything but one word */
async function told(command: string, account: string): Promise<string> {
  const token = await outputOf(command.replaceAll('{account}', account), { timeoutMs: TOKEN_MS }).catch((error) => {
    throw new GateError(`--token-command for ${account}: ${error instanceof Error ? error.message : error}`);
  });
  if (token !== '' && !/\s/.test(token)) return token;
  const what = token === '' ? 'nothing' : 'more than one word';
  throw new GateError(`--token-command for ${account}: it printed ${what}; it must print the token alone`);
}

/** The subject of a JWT; undefined for any other token, or one without. */
export function subjectOf(token: string): string | undefined {
  try {
    const { sub } = decodeJwt(token);
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}
