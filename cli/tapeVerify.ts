import { Command } from '@commander-js/extra-typings';
import { verifyTape } from '../simulator/tape/reader.ts';
import { formatOption } from './options.ts';
import { openProgress } from './progress.ts';
import { print, rows, whole } from './tapeText.ts';

/** `tapedeck tape verify`: reads a whole tape and checks it. */
export function verifyCommand() {
  return new Command('verify')
    .summary('read a whole tape and check it')
    .description(
      'Reads a whole tape and compares it with its checksums; leaves with 65 when it is altered or truncated.',
    )
    .argument('<file>', 'the tape')
    .addOption(formatOption())
    .action((file, { format }) => {
      const progress = openProgress(process.stderr);
      const header = verifyTape(file, (done) => progress.show(`${whole(done)} events read`));
      progress.done();
      const { events, sha256, eventHash } = header;
      print(format, { tape: file, sound: true, events, sha256, eventHash }, () =>
        [
          `${file}: sound`,
          ...rows([
            ['events', whole(events)],
            ['sha256', sha256],
            ['event hash', eventHash],
          ]),
        ].join('\n'),
      );
    });
}
