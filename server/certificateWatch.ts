import { stat } from 'node:fs/promises';
import type { RenewOutcome, TlsFiles, Transport } from '../transport/types.ts';
import type { Logger } from './logger.ts';

/** How often the files are looked at, ms. Asking is surer than being told: mounted secrets change by links that no watcher follows. */
const LOOK_EVERY_MS = 1_000;

/** Takes a new certificate when its files change. `close()` ends it. */
export class CertificateWatch {
  readonly #files: TlsFiles;
  readonly #transport: Transport;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  /** What the files were when they were last taken, or refused. */
  #seen: Promise<string>;

  constructor(parts: { readonly files: TlsFiles; readonly transport: Transport; readonly log: Logger }) {
    this.#files = parts.files;
    this.#transport = parts.transport;
    this.#log = parts.log;
    this.#seen = stampOf(parts.files);
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  /** Takes the files if they have changed since they were last looked at. */
  async look(): Promise<void> {
    const seen = await this.#seen;
    this.#seen = stampOf(this.#files);
    if ((await this.#seen) !== seen) await this.renew();
  }

  /** Takes the files as they are now; when they can't be used the certificate in use stays. */
  async renew(): Promise<RenewOutcome> {
    const outcome = await this.#transport.renewCertificate();
    const { certPath } = this.#files;
    if (outcome.ok) this.#log.info({ certPath }, 'new connections get the new certificate');
    else this.#log.error({ reason: outcome.message }, 'the certificate in use stays, the new one cannot be used');
    return outcome;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** A pair that is half written changes again when it is whole. */
async function stampOf({ certPath, keyPath }: TlsFiles): Promise<string> {
  const stamps = await Promise.all([certPath, keyPath].map((path) => stat(path).catch(() => undefined)));
  return stamps
    .map((found) => (found === undefined ? 'none' : `${found.mtimeMs} ${found.size} ${found.ino}`))
    .join(' ');
}
