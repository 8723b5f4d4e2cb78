import { type EngineSnapshot, restoreCounts, saveCounts } from './snapshot.ts';
import {
  CONTROL_REFUSALS,
  type ControlRefusal,
  REJECT_REASONS,
  type RejectReason,
  TICK_REFUSALS,
  type TickRefusal,
} from './types.ts';

/** How often an engine refused what, by reason. */
export class Refused {
  readonly ticks = new Map<TickRefusal, number>();
  readonly commands = new Map<RejectReason, number>();
  readonly controls = new Map<ControlRefusal, number>();

  /** The counts as a snapshot holds them: nothing while nothing was refused. */
  state(): Pick<EngineSnapshot, 'refused'> {
    const { ticks, commands, controls } = this;
    if (ticks.size + commands.size + controls.size === 0) return {};
    const refused = {
      ticks: saveCounts(ticks, TICK_REFUSALS),
      commands: saveCounts(commands, REJECT_REASONS),
      controls: saveCounts(controls, CONTROL_REFUSALS),
    };
    return { refused };
  }

  /** Takes on saved counts. */
  restore({ refused }: Pick<EngineSnapshot, 'refused'>): void {
    if (refused === undefined) return;
    restoreCounts(this.ticks, TICK_REFUSALS, refused.ticks);
    restoreCounts(this.commands, REJECT_REASONS, refused.commands);
    restoreCounts(this.controls, CONTROL_REFUSALS, refused.controls);
  }
}

/** Counts one more of something. */
export function count<Reason>(counts: Map<Reason, number>, reason: Reason): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
