import { describe, expect, it } from 'vitest';
import { LeaveLatency } from '../../dist/rate/leave-latency.js';

describe('the leave latency', () => {
  it('is what MLD takes by default until something is learnt', () => {
    expect(new LeaveLatency().estimateUs).toBe(2_200_000);
  });

  it('comes down by halves to what was seen and a quarter more, and goes up at once', () => {
    const latency = new LeaveLatency();
    latency.cleared(400_000);
    expect(latency.estimateUs).toBe((2_200_000 + 500_000) / 2);
    for (let i = 0; i < 12; i++) latency.cleared(400_000);
    expect(latency.estimateUs).toBeCloseTo(500_000, -3);
    latency.cleared(1_600_000);
    expect(latency.estimateUs).toBe(2_000_000);
  });

  it('grows by half whenever it was not long enough', () => {
    const latency = new LeaveLatency();
    latency.outlived();
    expect(latency.estimateUs).toBe(3_300_000);
  });

  it('stays between a tenth of a second and five seconds', () => {
    const latency = new LeaveLatency();
    for (let i = 0; i < 40; i++) latency.cleared(0);
    expect(latency.estimateUs).toBeCloseTo(100_000, 0);
    for (let i = 0; i < 40; i++) latency.outlived();
    expect(latency.estimateUs).toBe(5_000_000);
    latency.cleared(60e6);
    expect(latency.estimateUs).toBe(5_000_000);
  });
});
