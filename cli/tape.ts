import { Command } from '@commander-js/extra-typings';
import { buildCommand } from './tapeBuild.ts';
import { infoCommand } from './tapeInfo.ts';
import { verifyCommand } from './tapeVerify.ts';

/** `tapedeck tape`: makes tapes, tells what is in them, changes them, hands them on. */
export function tapeCommand() {
  return new Command('tape')
    .summary('build, describe and check tapes')
    .description('Builds tapes from real price history, tells what is in a tape, checks that it is whole.')
    .addCommand(buildCommand())
    .addCommand(infoCommand())
    .addCommand(verifyCommand());
}
