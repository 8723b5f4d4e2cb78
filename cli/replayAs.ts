import { ExitCode } from '../protocol/codes.ts';
import type { ProviderName } from '../protocol/providers/names.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { withCutsAsFaults } from '../simulator/faults/cuts.ts';
import { createFaults } from '../simulator/faults/faults.ts';
import { PLACE_FORMS, parsePlace } from '../simulator/play/place.ts';
import { createPlayer } from '../simulator/play/player.ts';
import type { PlaySummary } from '../simulator/play/types.ts';
import type { ProviderKind } from '../simulator/providers/facade.ts';
import { HostError, type OwnStart, openHost, type ProviderHost } from '../simulator/providers/host.ts';
import { PROVIDER_KINDS } from '../simulator/providers/kinds.ts';
import type { Play } from '../simulator/providers/stage.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { scenarioDay, partOf as scenarioPart } from '../simulator/scenarioTimes.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeReader } from '../simulator/tape/types.ts';
import { hostClock } from './clock.ts';
import { openControl } from './controlled.ts';
import { CliError } from './errors.ts';
import { openProgress } from './progress.ts';
import { asProgress, printAsStart, printAsSummary } from './replayAsText.ts';
import { type Part, type PartOptions, partOf } from './replayPart.ts';
import { stoppable } from './signals.ts';
import { tapeFor } from './tapeFor.ts';

/** Where a façade listens unless told otherwise. */
const DEFAULT_PORT = 8765;
const PROGRESS_EVERY_MS = 1_000;
/** What came before the part is read in this time: shown as now, the first event is due after it. */
const WARM_UP_US = 2_000_000;

/** Options of `replay --as`. */
export interface AsOptions extends PartOptions {
  readonly as: ProviderName;
  readonly tape?: string | undefined;
  readonly date?: string | undefined;
  readonly speed?: number | undefined;
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly plan?: string | undefined;
  readonly key?: readonly string[] | undefined;
  readonly clock?: string | undefined;
  readonly start?: string | undefined;
  readonly loop?: true | undefined;
  readonly scenario?: string | undefined;
  readonly lenient?: true | undefined;
  readonly control?: number | undefined;
  readonly format: string;
}

/** Plays a tape in a provider's own wire format, until its end or a signal. */
export async function replayAs(options: AsOptions): Promise<void> {
  const kind = PROVIDER_KINDS[options.as];
  const plan = planOf(kind, options.plan);
  const progress = openProgress(process.stderr);
  const scenario = options.scenario === undefined ? undefined : withCutsAsFaults(loadScenario(options.scenario));
  const tape = openTape(await findTape(options, scenario));
  try {
    const plays = new Plays(tape, options, scenario);
    const host = await open(kind, plan, { plays, options, scenario });
    const control = await openControl(plays.main.player, options.control ?? 0);
    printAsStart({ kind, plan, host, options, tape, controlUrl: control.url });
    const progressText = asProgress(host, plays.main.player);
    const told = setInterval(() => progress.show(progressText()), PROGRESS_EVERY_MS);
    try {
      const summary = await runUntilSignal(host);
      progress.done();
      printAsSummary({ summary, host, tape, options });
    } finally {
      clearInterval(told);
      control.close();
      host.close();
    }
  } finally {
    progress.done();
    tape.close();
  }
}

async function findTape({ tape, date }: AsOptions, scenario: Scenario | undefined): Promise<string> {
  const progress = openProgress(process.stderr);
  // A day without a session is played from the tape of the last one before it.
  const scenarioDate = scenario?.tape.date && sessionDate(scenario.tape.date);
  try {
    return await tapeFor({
      tape,
      scenario: scenario ?? loadScenario('default'),
      date: date ?? scenarioDate,
      progress,
    });
  } finally {
    progress.done();
  }
}

function sessionDate(date: string): string {
  return new Date(scenarioDay(date).openUs / 1_000).toISOString().slice(0, 10);
}

function planOf(kind: ProviderKind, asked: string | undefined): string {
  const [usual = ''] = Object.keys(kind.plans);
  const plan = asked ?? usual;
  if (Object.hasOwn(kind.plans, plan)) return plan;
  const known = Object.entries(kind.plans).map(([name, about]) => `${name} (${about})`);
  throw new CliError(`--plan ${plan}: ${kind.name} has ${known.join(', ')}`, ExitCode.USAGE);
}

async function open(
  kind: ProviderKind,
  plan: string,
  parts: { readonly plays: Plays; readonly options: AsOptions; readonly scenario: Scenario | undefined },
): Promise<ProviderHost> {
  const { plays, options, scenario } = parts;
  try {
    return await openHost({
      kind,
      plan,
      ...(options.key !== undefined && { keys: options.key }),
      isLenient: options.lenient ?? false,
      clock: plays.clock,
      seed: scenario?.seed ?? 1,
      play: plays.main,
      ...(options.clock === 'own' && { ownPlay: plays.own }),
      host: options.host ?? '127.0.0.1',
      port: options.port ?? DEFAULT_PORT,
    });
  } catch (error) {
    if (error instanceof HostError) throw new CliError(`--port: ${error.message}`, ExitCode.UNAVAILABLE);
    throw error;
  }
}

/** Makes the plays of one tape that the options ask for. */
class Plays {
  readonly clock = hostClock(process.env);
  readonly main: Play;
  readonly #tape: TapeReader;
  readonly #options: AsOptions;
  readonly #scenario: Scenario | undefined;
  readonly #part: Part;

  constructor(tape: TapeReader, options: AsOptions, scenario: Scenario | undefined) {
    this.#tape = tape;
    this.#options = options;
    this.#scenario = scenario;
    const hasPart = scenario !== undefined && scenario.tape.isWhole !== true;
    this.#part = partOf(tape, options, hasPart ? scenarioPart(scenario, tape.header) : undefined);
    this.main = this.#play(this.#part, options.speed ?? scenario?.tape.speed ?? 1);
  }

  /** A play for one connection, from a place that it names. */
  readonly own = ({ from, speed }: OwnStart): Play | { readonly problem: string } => {
    const { fromUs, toUs } = this.#part;
    const atUs = from === undefined ? this.#part.atUs : parsePlace(from, this.#tape.header);
    if (atUs === undefined) return { problem: `from=${from}: give ${PLACE_FORMS}` };
    if (atUs < fromUs || atUs >= toUs) return { problem: `from=${from}: lies outside the part that is played` };
    return this.#play({ fromUs, toUs, atUs }, speed ?? this.#options.speed ?? 1);
  };

  #play({ fromUs, toUs, atUs }: Part, speed: number): Play {
    const showAs = this.#options.start === 'now' ? 'now' : 'tape';
    const hasPast = atUs > this.#tape.header.firstEventUs;
    const player = createPlayer({
      tape: this.#tape,
      clock: this.clock,
      fromUs,
      toUs,
      speed,
      isLoop: this.#options.loop ?? false,
      showAs,
      ...(showAs === 'now' && hasPast && { startAtUs: this.clock.nowUs() + WARM_UP_US }),
    });
    if (atUs !== fromUs) player.seek(atUs);
    const scenario = this.#scenario;
    const { header } = this.#tape;
    const provider = this.#options.as;
    return {
      player,
      tape: this.#tape,
      showAs,
      ...(scenario?.faults !== undefined && {
        faults: (onHalt) =>
          createFaults({ scenario, header, provider, schedule: () => player.schedule(), originUs: fromUs, onHalt }),
      }),
    };
  }
}

async function runUntilSignal(host: ProviderHost): Promise<PlaySummary> {
  return await stoppable(async (signal) => {
    signal.addEventListener('abort', () => {
      process.exitCode = ExitCode.INTERRUPTED;
      host.stop();
    });
    return await host.run();
  });
}
