#!/usr/bin/env node
import { runCli } from './program.ts';

/** A reader that left (`tapedeck ... | head`) ends the command, quietly. */
function endOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
process.stdout.on('error', endOnBrokenPipe);
process.stderr.on('error', endOnBrokenPipe);

const output = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
};
const exitCode = await runCli(process.argv.slice(2), output, process.env['TAPEDECK_DEBUG'] === '1');
// A long document may still be on its way into a pipe.
await new Promise<void>((done) => void process.stdout.write('', () => done()));
// What a command left running in the background must not keep the process.
process.exit(exitCode);
