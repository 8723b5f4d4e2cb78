import { createServer } from 'node:net';
import type { ListenOutcome } from './types.ts';

/** An address on which nobody listens: its port, chosen by the system when 0 was asked for; or why there is none. */
export function probePort({ host, port }: { readonly host: string; readonly port: number }): Promise<ListenOutcome> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      resolve({ ok: false, reason: code === 'EADDRINUSE' ? 'taken' : 'unusable', message: code });
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve({ ok: true, port: found }));
    });
  });
}
