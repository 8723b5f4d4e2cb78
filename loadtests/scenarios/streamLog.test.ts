import { describe, expect, it } from 'vitest';
import { StreamLog } from './streamLog.ts';

describe('StreamLog', () => {
  it('should find no fault in numbers that follow each other, conflated and from a snapshot on', () => {
    const log = new StreamLog();
    log.know(4);
    log.hear(5);
    log.hear(9, 6);
    log.know(12);
    log.hear(13);
    expect(log).toMatchObject({ head: 13, holes: 0, repeats: 0, snapshots: 2 });
  });

  it('should count holes and repeats', () => {
    const log = new StreamLog();
    log.know(0);
    log.hear(1);
    log.hear(4);
    log.hear(4);
    log.hear(6, 3);
    log.know(5);
    expect(log).toMatchObject({ head: 6, holes: 2, repeats: 3 });
  });
});
