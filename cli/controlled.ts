import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ExitCode } from '../protocol/codes.ts';
import { type ControlEndpoint, ControlError, startControl } from '../simulator/play/control.ts';
import type { Player } from '../simulator/play/types.ts';
import { isRunning } from '../simulator/processes.ts';
import { CliError } from './errors.ts';

const StandingSchema = Type.Object({ url: Type.String(), pid: Type.Integer({ minimum: 1 }) });

/** Lets `tapedeck control` steer this process's replay, and notes where, until `close`. @throws CliError when the port can't be had */
export async function openControl(player: Player, port: number): Promise<ControlEndpoint> {
  const endpoint = await startControl({ player, port }).catch((error: unknown) => {
    throw error instanceof ControlError ? new CliError(`--control: ${error.message}`, ExitCode.UNAVAILABLE) : error;
  });
  const file = standingFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ url: endpoint.url, pid: process.pid }), { mode: 0o600 });
  return {
    url: endpoint.url,
    close: () => {
      endpoint.close();
      if (readStanding(file)?.pid === process.pid) rmSync(file, { force: true });
    },
  };
}

/** Where the replay listens that was started last on this machine. @throws CliError when none runs */
export function standingControlUrl(): string {
  const standing = readStanding(standingFile());
  if (standing !== undefined && isRunning(standing.pid)) return standing.url;
  throw new CliError(
    'no replay of yours runs on this machine; start one ("tapedeck replay --as polygon") or name its control by --url',
    ExitCode.UNAVAILABLE,
  );
}

function standingFile(): string {
  return join(tmpdir(), `tapedeck-${process.getuid?.() ?? 0}`, 'control.json');
}

function readStanding(file: string): { readonly url: string; readonly pid: number } | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(StandingSchema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
