import { mayUse, needs, needsError } from './protocolModel.ts';
import type { OperationOf } from './protocolOperations.ts';
import type { Asker, Surroundings } from './protocolSurroundings.ts';

/** The commands of a client on alerts, and what must come of them. */
export class AlertDesk {
  readonly #asker: Asker;
  readonly #with: Surroundings;

  constructor(asker: Asker, surroundings: Surroundings) {
    this.#asker = asker;
    this.#with = surroundings;
  }

  set({ name, kind, price, account }: OperationOf<'alert'>): void {
    const wanted = account === 'other' ? this.#asker.other : this.#asker.own;
    const isRise = kind !== 'below';
    const text = (price / 100).toFixed(2);
    const frame = {
      type: 'alert.set',
      id: this.#with.nextId(),
      alertId: name,
      symbol: kind === 'unknown_symbol' ? 'NONESUCH' : 'S0',
      ...(isRise ? { above: kind === 'bad_price' ? '0' : text } : { below: text }),
      ...(kind === 'two' && { below: text }),
      ...(account !== undefined && { account: wanted }),
    };
    const codes = this.#alertRefusals(wanted);
    if (kind === 'unknown_symbol') codes.push('unknown_symbol');
    if (kind === 'two' || kind === 'bad_price') codes.push('bad_message');
    if (this.#asker.claims === undefined) this.#asker.askUnknown(frame);
    else if (codes.length > 0) this.#asker.ask(frame, { lane: 'direct', check: needsError(codes) });
    else {
      const alert = { account: wanted, name, isRise, price };
      const place = `${wanted}/${name}`;
      this.#with.alerts.set(place, { ...alert, state: 'unsure' });
      const isStill = this.#with.change();
      const onAnswer = (): void => {
        this.#with.alerts.set(place, { ...alert, state: isStill() ? 'waits' : 'unsure' });
      };
      this.#asker.ask(frame, { lane: 'alerts', check: needs('alert.accepted'), onAnswer });
    }
  }

  clear({ name, account }: OperationOf<'clear'>): void {
    const wanted = account === 'other' ? this.#asker.other : this.#asker.own;
    const frame = {
      type: 'alert.clear',
      id: this.#with.nextId(),
      alertId: name,
      ...(account !== undefined && { account: wanted }),
    };
    const codes = this.#alertRefusals(wanted);
    if (this.#asker.claims === undefined) this.#asker.askUnknown(frame);
    else if (codes.length > 0) this.#asker.ask(frame, { lane: 'direct', check: needsError(codes) });
    else {
      const place = `${wanted}/${name}`;
      const alert = this.#with.alerts.get(place);
      if (alert !== undefined) this.#with.alerts.set(place, { ...alert, state: 'unsure' });
      const isStill = this.#with.change();
      this.#asker.ask(frame, {
        lane: 'alerts',
        check: (answer) => {
          const cleared = needs('alert.cleared', { alertId: name })(answer);
          const unknown = needsError(['unknown_alert'])(answer);
          if (alert?.state === 'unsure' || !isStill()) return cleared === undefined ? undefined : unknown;
          return alert?.state === 'waits' ? cleared : unknown;
        },
        onAnswer: () => {
          if (alert !== undefined && isStill()) this.#with.alerts.set(place, { ...alert, state: 'gone' });
        },
      });
    }
  }

  #alertRefusals(account: string): string[] {
    const claims = this.#asker.claims;
    if (claims === undefined) return [];
    return claims.scopes.includes('market:read') && mayUse(claims, account) ? [] : ['forbidden'];
  }
}
