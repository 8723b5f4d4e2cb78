import { Command } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import pc from 'picocolors';
import { listSettings, type ResolvedSetting } from '../server/config.ts';
import { formatOption } from './options.ts';

/** `tapedeck config`: every setting of the server with its value, unit, source and variable. */
export function configCommand() {
  return new Command('config')
    .summary("list the server's settings")
    .description(
      'Lists every setting of the server with its value and where that comes from. Options go before the environment, that before the file, that before the defaults; secrets are shown as set or unset.',
    )
    .option('--config <file>', 'YAML or JSON file with settings')
    .addOption(formatOption('how to print'))
    .action(({ config: file, format }) => {
      const { settings, warnings } = listSettings({ env: process.env, ...(file === undefined ? {} : { file }) });
      for (const warning of warnings) process.stderr.write(`tapedeck: ${warning}\n`);
      process.stdout.write(`${format === 'json' ? asJson(settings) : asTable(settings)}\n`);
    });
}

function asJson(settings: readonly ResolvedSetting[]): string {
  const rows = settings.map(({ name, value, unit, source, variable, default: standard, about, secret }) => ({
    name,
    value: value ?? null,
    unit,
    source,
    variable,
    default: secret ? null : (standard ?? null),
    about,
  }));
  return JSON.stringify(rows, null, 2);
}

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((place) => [place, '']),
);

function asTable(settings: readonly ResolvedSetting[]): string {
  const table = new Table({
    head: ['setting', 'value', 'unit', 'source', 'variable'].map((title) => pc.bold(title)),
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const { name, value, unit, source, variable } of settings) {
    table.push([name, shown(value), unit, source === 'default' ? pc.dim(source) : pc.green(source), variable]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function shown(value: unknown): string {
  if (value === undefined) return 'unset';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}
