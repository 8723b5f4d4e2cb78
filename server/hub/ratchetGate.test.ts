import { describe, expect, it } from 'vitest';
import { type Ratchet, RatchetGate } from './ratchetGate.ts';

function ratchet(orderId: string, createdUs: number): Ratchet {
  const frame = () => ({ type: 'pong', serverTimeUs: createdUs }) as const;
  return { channel: 'order', key: 'a', createdUs, ratchetOf: orderId, frame };
}

describe('RatchetGate', () => {
  it('should let one through per order and window, and give the latest of the others at its end', () => {
    const gate = new RatchetGate(100);
    expect(gate.pass(ratchet('1', 1), 1000)).toBe(true);
    expect(gate.pass(ratchet('2', 1), 1000)).toBe(true);
    expect(gate.pass(ratchet('1', 2), 1050)).toBe(false);
    expect(gate.pass(ratchet('1', 3), 1099)).toBe(false);
    expect(gate.due(1099)).toEqual([]);
    // The third, whose time on its way counts from its release.
    const [latest, ...others] = gate.due(1100);
    expect(latest?.createdUs).toBe(1100);
    expect(latest?.frame(0)).toMatchObject({ serverTimeUs: 3 });
    expect(others).toEqual([]);
    expect(gate.due(5000)).toEqual([]);
    expect(gate.pass(ratchet('1', 4), 1150)).toBe(false);
    expect(gate.pass(ratchet('1', 5), 1200)).toBe(true);
    expect(gate.due(5000)).toEqual([]);
  });

  it('should hold back nothing that a numbered event has overtaken', () => {
    const gate = new RatchetGate(100);
    gate.pass(ratchet('1', 1), 1000);
    gate.pass(ratchet('1', 2), 1001);
    gate.forget('1');
    expect(gate.due(5000)).toEqual([]);
  });
});
