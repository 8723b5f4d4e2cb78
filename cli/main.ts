#!/usr/bin/env node
import { exitCodeAfter, printingFailed } from './printing.ts';
import { runCli } from './program.ts';

// A run goes on when nobody reads what it prints (`tapedeck gate | head`): its verdict stands in its report and in the exit code.
let lost: Error | undefined;
process.stdout.on('error', (error) => {
  lost ??= error;
});
process.stderr.on('error', () => undefined);

const output = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
};
const ended = await runCli(process.argv.slice(2), output, process.env['TAPEDECK_DEBUG'] === '1');
// A long document may still be on its way into a pipe.
await new Promise<void>((done) => void process.stdout.write('', () => done()));
const failed = printingFailed(lost);
if (failed !== undefined) output.err(`tapedeck: ${failed}\n`);
// What a command left running in the background must not keep the process.
process.exit(exitCodeAfter(ended, failed));
