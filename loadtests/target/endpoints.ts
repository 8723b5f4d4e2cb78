import type { Reach } from '../../protocol/serverUnderTest.ts';
import type { RunningServer } from '../gate/server.ts';
import { isForeign, type UnderTest } from '../gate/underTest.ts';
import { authorityOf, baseUrl, httpBase } from './address.ts';

/** Where a run finds what it needs of a server. */
export interface Endpoints {
  /** Where clients of the load connect, and where probes do: `ws://host:port`. */
  readonly loadBase: string;
  readonly probeBase: string;
  /** Where orders are posted, in dialects that place them by HTTP. */
  readonly orderUrl: string;
  readonly metricsUrl: string | undefined;
  readonly pid: number | undefined;
  readonly reach?: { readonly load: Reach; readonly probe: Reach };
}

const HOME = '127.0.0.1';
const ORDERS = '/api/orders';

/**
 * Where a run's parts find its server.
 *
 * @param frontPort port of what stands before our server; the server's own where nothing does
 * @param proxyPort port of the cut proxy; undefined where nothing is cut, and it isn't in the way
 */
export function endpointsOf(
  server: RunningServer,
  options: {
    readonly underTest: UnderTest | undefined;
    readonly frontPort: number;
    readonly proxyPort: number | undefined;
    /** This machine, as generators reach the proxy and what stands behind it. */
    readonly proxyHost: string;
  },
): Endpoints {
  const { underTest, frontPort, proxyPort, proxyHost } = options;
  const { at } = server;
  if (!isForeign(underTest) || at === undefined) {
    return {
      loadBase: `ws://${proxyHost}:${proxyPort ?? frontPort}`,
      probeBase: `ws://${HOME}:${frontPort}`,
      orderUrl: `http://${proxyHost}:${proxyHost === HOME ? server.port : (proxyPort ?? frontPort)}${ORDERS}`,
      metricsUrl: `http://${HOME}:${server.port}/metrics`,
      pid: server.child.pid,
    };
  }
  const { headers = {}, tls } = underTest;
  const probe: Reach = { headers, ...(tls !== undefined && { tls }) };
  const proxied = proxyPort !== undefined && { host: authorityOf(at), isTold: at.isSecure };
  return {
    loadBase: baseUrl(at, proxyPort === undefined ? undefined : { host: proxyHost, port: proxyPort }),
    probeBase: baseUrl(at),
    orderUrl: `${httpBase(at)}${ORDERS}`,
    metricsUrl: underTest.metricsUrl,
    pid: server.pid,
    reach: { load: { ...probe, ...proxied }, probe },
  };
}
