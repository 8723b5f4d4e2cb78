import { ImportError } from '../errors.ts';
import {
  type ArchiveFormat,
  FORMAT_NAMES,
  type FormatName,
  type Layout,
  type LayoutOptions,
  type Sample,
} from '../layout.ts';
import { BINANCE_FORMATS } from './binance.ts';
import { FRAMES_FORMAT } from './frames.ts';
import { GENERIC_FORMAT } from './generic.ts';
import { HEADED_FORMATS } from './headed.ts';
import { LEAN_FORMAT } from './lean.ts';
import { TAPEDECK_FORMAT } from './tapedeck.ts';

/** The narrowest first: the generic one takes what the others leave. */
const FORMATS: readonly ArchiveFormat[] = [
  FRAMES_FORMAT,
  LEAN_FORMAT,
  ...BINANCE_FORMATS,
  ...HEADED_FORMATS,
  TAPEDECK_FORMAT,
  GENERIC_FORMAT,
];

/**
 * Tells how a file is to be read.
 *
 * @param format what the user says it is, or `auto`
 * @throws ImportError when it fits no format, not the one named, or lacks something that the user can say
 */
export function detectLayout(sample: Sample, format: FormatName | 'auto', options: LayoutOptions): Layout {
  for (const candidate of FORMATS) {
    if (format !== 'auto' && !candidate.names.includes(format)) continue;
    const layout = candidate.detect(sample, options);
    if (layout !== undefined) return layout;
  }
  const [first = ''] = sample.lines;
  const seen = `its first line is ${JSON.stringify(first.length > 80 ? `${first.slice(0, 80)}...` : first)}`;
  if (format !== 'auto') throw new ImportError('bad', `${sample.name}: is not ${format} (${seen})`);
  throw new ImportError(
    'bad',
    `${sample.name}: fits no format known (${FORMAT_NAMES.join(', ')}): ${seen}; name a CSV's columns with --column time=COLUMN --column price=COLUMN`,
  );
}
