import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROVIDER_NAMES } from '../protocol/providers/names.ts';
import { PROVIDER_KINDS } from '../simulator/providers/kinds.ts';
import { FacadeRig } from '../simulator/providers/testing/facadeRig.ts';

/** A line that asks a façade, with its header if any. */
const CURL = /^ {4}curl (?:-H '([^:]+): ([^']+)' )?'http:\/\/127\.0\.0\.1:8765([^']*)'$/gm;

describe.each(PROVIDER_NAMES)('docs/providers/%s.md', (name) => {
  const page = readFileSync(join(import.meta.dirname, 'providers', `${name}.md`), 'utf8');
  const kind = PROVIDER_KINDS[name];

  it('should ask only what is answered', () => {
    const rig = new FacadeRig(kind);
    rig.quote(0);
    rig.trade(1);
    const questions = [...page.matchAll(CURL)];
    expect(questions.length).toBeGreaterThan(0);
    for (const [line, header = '', value = '', target = ''] of questions) {
      const headers = header === '' ? {} : { [header.toLowerCase()]: value };
      const { status, body } = rig.ask(target, { headers });
      expect([line, status]).toEqual([line, 200]);
      // Alpha Vantage says everything with status 200.
      expect(body).not.toContain('Error Message');
    }
  });

  it('should name every plan, the first as the default', () => {
    const plans = Object.keys(kind.plans);
    for (const plan of plans) expect(page).toContain(`\`${plan}\``);
    expect(page).toContain(`\`${plans[0]}\` (default)`);
  });
});
