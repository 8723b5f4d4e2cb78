/**
 * The cut proxy in a process of its own, so that nobody else's work delays it.
 *
 *     node main.js --target-port PORT [--target-host HOST] [--host HOST]
 *
 * Prints `{"ready":true,"ports":[PORT],"pid":PID}`, then takes NDJSON on standard input: `{"kind":"cuts","cuts":[{"client":3,"atUs":..}]}`
 * (any number of times) and prints `{"kind":"cut","client":3,"plannedUs":..,"atUs":..,"connections":1}` for each cut made (kind
 * `missed` when the client had no connection then) and `{"kind":"loopDelay","atUs":..,"maxUs":..}` once a second. It
 * ends when standard input ends.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { ExitCode } from '../../protocol/codes.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import { watchLoopDelay } from '../session/loopDelay.ts';
import { rehearse } from '../session/rehearse.ts';
import { createConnector } from '../swarm/socket.ts';
import { type CutProxy, startCutProxy } from './cutProxy.ts';

const CutsMessage = Type.Object({
  kind: Type.Literal('cuts'),
  cuts: Type.Array(Type.Object({ client: Type.Integer(), atUs: Type.Number() })),
});
type CutsMessage = Static<typeof CutsMessage>;
const cutsMessage = TypeCompiler.Compile(CutsMessage);

const { values } = parseArgs({
  options: {
    'target-port': { type: 'string' },
    'target-host': { type: 'string', default: '127.0.0.1' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});
const targetPort = Number(values['target-port']);
if (!Number.isInteger(targetPort) || targetPort < 1 || targetPort > 65_535) {
  process.stderr.write(
    `proxy: --target-port ${values['target-port'] ?? 'is missing'}: a port from 1 to 65535 is wanted\n`,
  );
  process.exit(ExitCode.USAGE);
}

const clock = hostClock(process.env);
await rehearse({
  nowUs: clock.nowUs,
  connect: createConnector(clock.nowUs),
  through: (port) => startCutProxy({ targetHost: '127.0.0.1', targetPort: port, nowUs: clock.nowUs }),
});
const { host } = values;
const proxy = await startCutProxy({ targetHost: values['target-host'], targetPort, host, nowUs: clock.nowUs });
process.stdout.on('error', () => undefined); // Whoever read it is gone; standard input ends with it.
tell({ ready: true, ports: [proxy.port], pid: process.pid });

let worstUs = 0;
const stopWatching = watchLoopDelay(clock.nowUs, (_, lateUs) => {
  worstUs = Math.max(worstUs, lateUs);
});
const reporting = setInterval(() => {
  tell({ kind: 'loopDelay', atUs: clock.nowUs(), maxUs: Math.round(worstUs) });
  worstUs = 0;
}, 1_000);
const timers = new Set<NodeJS.Timeout>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = readCuts(line);
    if (message === undefined) process.stderr.write(`proxy: not a list of cuts, left out: ${line.slice(0, 200)}\n`);
    else for (const cut of message.cuts) plan(proxy, cut);
  })
  .on('close', () => {
    stopWatching();
    clearInterval(reporting);
    for (const timer of timers) clearTimeout(timer);
    void proxy.close();
  });

function plan(at: CutProxy, cut: CutsMessage['cuts'][number]): void {
  const timer = setTimeout(
    () => {
      timers.delete(timer);
      const made = at.cut(cut.client);
      tell({ kind: made.connections > 0 ? 'cut' : 'missed', plannedUs: cut.atUs, ...made });
    },
    Math.max(0, Math.ceil((cut.atUs - clock.nowUs()) / 1_000)),
  );
  timers.add(timer);
}

function readCuts(line: string): CutsMessage | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return cutsMessage.Check(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
