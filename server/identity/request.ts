import type { TransportRequest } from '../../transport/types.ts';
import type { Verification } from '../identity.ts';
import { isLoopback } from '../listen.ts';

/** The token that a request carries: in `Authorization`, else as `?token=`. */
export function tokenOf({ headers, query }: Pick<TransportRequest, 'headers' | 'query'>): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '');
  return bearer?.[1] ?? new URLSearchParams(query).get('token') ?? undefined;
}

/** Gives up on a check that takes too long, such as that of a key set which has to be fetched. */
export async function withTimeout(verification: Promise<Verification>, timeoutMs: number): Promise<Verification> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verification>((resolve) => {
    const answer: Verification = { ok: false, code: 'unauthenticated', message: 'the token was not checked in time' };
    timer = setTimeout(() => resolve(answer), timeoutMs);
  });
  const result = await Promise.race([verification, late]);
  clearTimeout(timer);
  return result;
}

/** Whether a page of this origin may come; only browsers send one. In development a page served from this machine may as well. */
export function isOriginAllowed(
  origin: string | undefined,
  { allowedOrigins, isDevelopment }: { readonly allowedOrigins: readonly string[]; readonly isDevelopment: boolean },
): boolean {
  if (origin === undefined || allowedOrigins.includes('*') || allowedOrigins.includes(origin)) return true;
  return isDevelopment && URL.canParse(origin) && isLoopbackName(new URL(origin).hostname);
}

/** Whether a name as it stands in a URL is this machine's own. */
export function isLoopbackName(hostname: string): boolean {
  return isLoopback(hostname.replace(/^\[|\]$/g, ''));
}
