import type { Clock } from '../protocol/clock.ts';
import { CloseCode } from '../protocol/codes.ts';
import type { AuthFrame, RefreshFrame } from '../protocol/messages.ts';
import type { Command } from './commands.ts';
import type { ClientRequest } from './dialects/dialect.ts';
import type { Claims, Identity, Verification } from './identity.ts';
import type { Session } from './session.ts';

/** Frames that may wait while a token is being checked. */
const MAX_WAITING_FRAMES = 64;
/** A token's end is told this long before, µs. */
const EXPIRY_WARNING_US = 60_000_000;

/** What the identity works on. */
export interface SessionIdentityParts {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly session: Pick<Session, 'tell' | 'refuse' | 'end' | 'isEnded' | 'welcome' | 'onRequest'>;
  /** Writes what `write` sends in one go. */
  readonly cork: (write: () => void) => void;
  /** Told of a new token of the same user. */
  readonly onRenewed: (claims: Claims) => void;
}

/** Whom one socket speaks for: checks tokens, lets what is sent meanwhile wait, watches the token's end. */
export class SessionIdentity {
  /** Undefined until the welcome. */
  claims: Claims | undefined = undefined;
  readonly #parts: SessionIdentityParts;
  #isVerifying = false;
  #isWarned = false;
  #waiting: ClientRequest[] = [];

  constructor(parts: SessionIdentityParts) {
    this.#parts = parts;
  }

  /** Whether a token is being checked. */
  get isVerifying(): boolean {
    return this.#isVerifying;
  }

  /** Takes what is about identity and what must wait for it; returns the request when it may be carried out now. */
  take(request: Exclude<ClientRequest, { readonly type: 'refusal' }>): Command | undefined {
    const { claims } = this;
    if (this.#isVerifying) this.#wait(request);
    else if (request.type === 'auth') void this.#authenticate(request);
    else if (claims === undefined) {
      const message = 'send "auth" first';
      this.#parts.session.refuse({ type: 'refusal', ...idOf(request), code: 'unauthenticated', message });
    } else if (request.type === 'refresh') void this.#refresh(request, claims);
    else return request;
    return undefined;
  }

  /** Warns of the token's end, and ends the session when it is there. */
  watchExpiry(nowUs: number): void {
    const { claims } = this;
    const { session } = this.#parts;
    if (claims === undefined) return;
    if (nowUs >= claims.expiresAtUs) {
      session.end(CloseCode.TOKEN_EXPIRED, 'the token has expired; authenticate again');
      return;
    }
    if (this.#isWarned || nowUs < claims.expiresAtUs - EXPIRY_WARNING_US) return;
    this.#isWarned = true;
    const message = 'the token ends soon; send a new one with refresh';
    session.tell({ type: 'system', code: 'token_expiring', message, serverTimeUs: nowUs });
  }

  /** Forgets what waits: the socket is closed. */
  forget(): void {
    this.#waiting = [];
  }

  #wait(request: ClientRequest): void {
    if (this.#waiting.length < MAX_WAITING_FRAMES) {
      this.#waiting.push(request);
      return;
    }
    const message = 'wait for "welcome"';
    this.#parts.session.refuse({ type: 'refusal', ...idOf(request), code: 'rate_limited', message });
  }

  async #authenticate(frame: AuthFrame): Promise<void> {
    const { session } = this.#parts;
    const id = idOf(frame);
    if (this.claims !== undefined) {
      session.refuse({ type: 'refusal', ...id, code: 'bad_message', message: 'already authenticated' });
      return;
    }
    await this.#verified(frame.token, (verification) => {
      if (verification.ok) {
        session.welcome(verification.claims, frame.id);
        return;
      }
      const { code, message } = verification;
      session.refuse({ type: 'refusal', ...id, code, message });
      // Our own fault; the client may try again until its time is up.
      if (code === 'internal') return;
      session.end(code === 'token_expired' ? CloseCode.TOKEN_EXPIRED : CloseCode.FORBIDDEN, message);
    });
  }

  /** Goes on with a new token of the same user and account; with any other, on the old one. */
  async #refresh(frame: RefreshFrame, claims: Claims): Promise<void> {
    const { session, clock, onRenewed } = this.#parts;
    const id = idOf(frame);
    await this.#verified(frame.token, (verification) => {
      if (!verification.ok) {
        session.refuse({ type: 'refusal', ...id, code: verification.code, message: verification.message });
        return;
      }
      const { user, account, scopes, expiresAtUs } = verification.claims;
      if (user !== claims.user || account !== claims.account) {
        const message = 'the new token is for another user or account; open a connection for it';
        session.refuse({ type: 'refusal', ...id, code: 'forbidden', message });
        return;
      }
      this.claims = verification.claims;
      this.#isWarned = false;
      session.tell({
        type: 'refreshed',
        ...id,
        scopes,
        ...(expiresAtUs !== Number.POSITIVE_INFINITY && { expiresAtUs }),
      });
      onRenewed(verification.claims);
      this.watchExpiry(clock.nowUs());
    });
  }

  /** Checks a token and goes on when it is checked; what the client sends meanwhile waits. */
  async #verified(token: string | undefined, then: (verification: Verification) => void): Promise<void> {
    const { identity, session, cork } = this.#parts;
    this.#isVerifying = true;
    const verification = await identity.verify(token);
    this.#isVerifying = false;
    if (session.isEnded) return;
    cork(() => {
      then(verification);
      const waiting = this.#waiting.splice(0);
      for (const [at, request] of waiting.entries()) {
        if (session.isEnded) return;
        // A second token among them makes the rest wait again, in its order.
        if (this.#isVerifying) {
          this.#waiting.unshift(...waiting.slice(at));
          return;
        }
        session.onRequest(request);
      }
    });
  }
}

function idOf(request: ClientRequest): { readonly id?: number } {
  return 'id' in request && request.id !== undefined ? { id: request.id } : {};
}
