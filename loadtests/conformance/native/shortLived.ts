import type { Context } from '../context.ts';

/** How long tokens live that are to end within a case, one after another: whole seconds, of which the first has begun. */
const LIVES_S: readonly number[] = [2, 5, 15];

/**
 * Does something with a token that ends soon, while it holds; once more with one that lives longer where that took too long.
 * `endsMs` is a moment up to which the token holds for certain, by the monotonic clock.
 */
export async function whileItLives<T>(t: Context, act: (token: string, endsMs: number) => Promise<T>): Promise<T> {
  for (const expiresInS of LIVES_S) {
    const endsMs = performance.now() + (expiresInS - 1) * 1_000;
    try {
      return await act(await t.mint({ expiresInS }), endsMs);
    } catch (error) {
      if (performance.now() < endsMs || expiresInS === LIVES_S.at(-1)) throw error;
    }
  }
  throw new Error('no token was tried');
}
