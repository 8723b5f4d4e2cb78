import { Command } from '@commander-js/extra-typings';
import { buildCommand } from './tapeBuild.ts';
import { cutCommand, haltCommand, mergeCommand, speedCommand } from './tapeEdit.ts';
import { exportCommand } from './tapeExport.ts';
import { factsCommand } from './tapeFacts.ts';
import { headCommand } from './tapeHead.ts';
import { importCommand } from './tapeImport.ts';
import { infoCommand } from './tapeInfo.ts';
import { verifyCommand } from './tapeVerify.ts';

/** `tapedeck tape`: makes tapes, tells what is in them, changes them, hands them on. */
export function tapeCommand() {
  return new Command('tape')
    .summary('build, describe, check, edit and export tapes')
    .description('Builds tapes from real price history, tells what is in a tape, checks, edits and exports it.')
    .addCommand(buildCommand())
    .addCommand(importCommand())
    .addCommand(infoCommand())
    .addCommand(factsCommand())
    .addCommand(headCommand())
    .addCommand(cutCommand())
    .addCommand(mergeCommand())
    .addCommand(speedCommand())
    .addCommand(haltCommand())
    .addCommand(exportCommand())
    .addCommand(verifyCommand());
}
