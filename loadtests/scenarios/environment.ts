import type { Scenario } from '../../protocol/schemas/scenario.ts';

/** What a back end is started for. */
export interface ScenarioPart {
  readonly scenario: Scenario;
  /** The name or path that the scenario was read from. */
  readonly nameOrPath: string;
  readonly tapePath: string;
  /** The part that is played, the end exclusive, µs of event time. */
  readonly fromUs: number;
  readonly toUs: number;
  /** When it begins, µs since the epoch. */
  readonly startAtUs: number;
}

/** A back end under a scenario. */
export interface ScenarioBackEnd {
  /** Its port on this machine. */
  readonly port: number;
  /** The HS256 secret of its tokens. */
  readonly secret: string;
  /** Requests that a provider of the scenario has refused for its limit; 0 without providers. */
  readonly refusedRequests: () => number;
  readonly stop: () => Promise<void>;
}

/** How back ends are started: what is judged is reached by its port alone. */
export interface ScenarioEnvironment {
  /** The run's clock, µs since the epoch. */
  readonly nowUs: () => number;
  /** Starts one that is fed by the tape, with the scenario's faults, or over the scenario's providers. */
  readonly start: (part: ScenarioPart) => Promise<ScenarioBackEnd>;
}
