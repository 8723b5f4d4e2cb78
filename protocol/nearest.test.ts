import { describe, expect, it } from 'vitest';
import { nearest, nearestFirst } from './nearest.ts';

describe('nearestFirst', () => {
  it('should put the likeliest name first and keep them all', () => {
    expect(nearestFirst('smok', ['trust', 'default', 'smoke'])).toEqual(['smoke', 'trust', 'default']);
  });
});

describe('nearest', () => {
  it('should find what was mistyped, and nothing when nothing is near', () => {
    expect(nearest('maxFrameByte', ['drainMs', 'maxFrameBytes'])).toBe('maxFrameBytes');
    expect(nearest('colour', ['drainMs', 'maxFrameBytes'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
