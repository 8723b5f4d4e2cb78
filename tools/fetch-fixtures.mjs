// Copies the real price histories from the npm package `vega-datasets` into fixtures/history/ and writes down where
// they come from. Run again after the package's version changes; the same version gives the same bytes.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packageFolder = join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '..');
const target = join(root, 'fixtures', 'history');

const FILES = [
  {
    file: 'sp500-2000.csv',
    description: 'S&P 500, daily open, high, low, close, adjusted close and volume, 2000-01-03 to 2020-04-17',
    upstream: 'Yahoo Finance, as vega-datasets names it',
  },
  {
    file: 'stocks.csv',
    description: 'AAPL, AMZN, GOOG, IBM and MSFT, monthly prices, January 2000 to March 2010',
    upstream: 'not named by vega-datasets',
  },
];

const { name, version, license } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
mkdirSync(target, { recursive: true });
const files = FILES.map(({ file, description, upstream }) => {
  const bytes = readFileSync(join(packageFolder, 'data', file));
  writeFileSync(join(target, file), bytes);
  return {
    file,
    description,
    origin: `npm:${name}@${version}/data/${file}`,
    upstream,
    package: name,
    packageVersion: version,
    licence: license,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
});
writeFileSync(join(target, 'manifest.json'), `${JSON.stringify({ version: 1, files }, null, 2)}\n`);
const total = files.reduce((sum, entry) => sum + entry.bytes, 0);
console.log(`fixtures/history: ${files.length} files, ${total} bytes from ${name} ${version} (${license})`);
