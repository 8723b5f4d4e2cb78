import { statSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { openTape } from '../simulator/tape/reader.ts';
import { describe, formatOption, print } from './tapeText.ts';

/** `tapedeck tape info`: tells what is in tapes. */
export function infoCommand() {
  return new Command('info')
    .summary('tell what is in a tape')
    .description('Tells what is in a tape, from its header and index; the events are not read.')
    .argument('<file>', 'the tape')
    .addOption(formatOption())
    .action((file, { format }) => {
      const tape = openTape(file);
      tape.close();
      print(format, { tape: file, bytes: statSync(file).size, ...tape.header }, () => describe(file, tape.header));
    });
}
