/**
 * A provider in a process of its own, playing a part of a tape by the gate's schedule:
 *
 *     node main.js --provider polygon --tape FILE --from-us T --to-us T --speed N [--plan NAME]
 *
 * Prints `{"ready":true,"ports":[PORT]}` and stands at the part's start until a line `{"startUs":T}` comes on standard input; from
 * then on it prints once a second `{"kind":"late","atUs":..,"maxUs":..}`: the longest that an event
 * left after it was due in that second. It ends on SIGTERM.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ExitCode } from '../../protocol/codes.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import { createPlayer } from '../../simulator/play/player.ts';
import { openHost } from '../../simulator/providers/host.ts';
import { PROVIDER_KINDS } from '../../simulator/providers/kinds.ts';
import { openTape } from '../../simulator/tape/reader.ts';

const { values } = parseArgs({
  options: {
    provider: { type: 'string', default: '' },
    tape: { type: 'string', default: '' },
    'from-us': { type: 'string' },
    'to-us': { type: 'string' },
    speed: { type: 'string', default: '1' },
    plan: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
  },
});
const kind = Object.values(PROVIDER_KINDS).find(({ name }) => name === values.provider);
if (kind === undefined) {
  process.stderr.write(`--provider ${values.provider}: there are ${Object.keys(PROVIDER_KINDS).join(', ')}\n`);
  process.exit(ExitCode.USAGE);
}

/** The start is said before this has passed. */
const NOT_YET_US = 3_600e6;
const Start = Type.Object({ startUs: Type.Number() });

const clock = hostClock(process.env);
const tape = openTape(values.tape);
let worstUs = 0;
const player = createPlayer({
  tape,
  clock,
  fromUs: Number(values['from-us']),
  toUs: Number(values['to-us']),
  startAtUs: clock.nowUs() + NOT_YET_US,
  speed: Number(values.speed),
  onLeft: (latenessUs) => {
    worstUs = Math.max(worstUs, latenessUs);
  },
});
const host = await openHost({
  kind,
  ...(values.plan === undefined ? {} : { plan: values.plan }),
  clock,
  play: { player, tape, showAs: 'tape' },
  host: values.host,
  port: Number(values.port),
}).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(ExitCode.UNAVAILABLE);
});
process.stdout.on('error', () => undefined); // Whoever read it is gone, and ends this process too.
tell({ ready: true, ports: [host.port] });
const reporting = setInterval(() => {
  tell({ kind: 'late', atUs: clock.nowUs(), maxUs: worstUs, topics: host.topics });
  worstUs = 0;
}, 1_000);
process.once('SIGTERM', () => {
  clearInterval(reporting);
  host.close();
  tape.close();
  process.exit(0);
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const message: unknown = JSON.parse(line);
  if (!Value.Check(Start, message)) return;
  player.pause();
  player.resume(message.startUs);
});
await host.run();

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
