import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../dist/rate/deciding/circuit-breaker.js';

/** The first pause that loss of this share brings, and after how long, if it is judged each 50 ms for a minute. */
function pauseAt(breaker: CircuitBreaker, lossRatio: number, ambientLossRatio = 0, fromUs = 0) {
  for (let nowUs = fromUs; nowUs < fromUs + 60e6; nowUs += 50_000) {
    const pauseUs = breaker.judge(nowUs, lossRatio, ambientLossRatio);
    if (pauseUs !== undefined) return { afterUs: nowUs - fromUs, pauseUs };
  }
  return undefined;
}

describe('the circuit breaker', () => {
  it('opens after ten seconds of more than a fifth lost, for half a minute', () => {
    expect(pauseAt(new CircuitBreaker(), 0.21)).toEqual({ afterUs: 10e6, pauseUs: 30e6 });
    expect(pauseAt(new CircuitBreaker(), 0.2)).toBeUndefined();
  });

  it('stays open for longer each time, up to sixteen minutes', () => {
    const breaker = new CircuitBreaker();
    const pauses = Array.from({ length: 8 }, (_, i) => pauseAt(breaker, 0.5, 0, i * 1e9)!.pauseUs / 30e6);
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 32, 32]);
  });

  it('begins to count again after a moment with less loss', () => {
    const breaker = new CircuitBreaker();
    for (let nowUs = 0; nowUs < 9.9e6; nowUs += 50_000) expect(breaker.judge(nowUs, 0.5, 0)).toBeUndefined();
    expect(breaker.judge(9.9e6, 0.1, 0)).toBeUndefined();
    expect(pauseAt(breaker, 0.5, 0, 10e6)!.afterUs).toBe(10e6);
  });

  it('does not open for ambient loss', () => {
    expect(pauseAt(new CircuitBreaker(), 0.3, 0.1)).toBeUndefined();
    expect(pauseAt(new CircuitBreaker(), 0.4, 0.1)).toBeDefined();
  });

  it('counts only time that it has seen: a host that slept has seen nothing', () => {
    const breaker = new CircuitBreaker();
    expect(breaker.judge(0, 0.5, 0)).toBeUndefined();
    expect(breaker.judge(100e6, 0.5, 0)).toBeUndefined();
    expect(pauseAt(breaker, 0.5, 0, 100.05e6)!.afterUs).toBe(9.95e6);
    const moments = new CircuitBreaker();
    for (let nowUs = 0; nowUs < 600e6; nowUs += 1.5e6) expect(moments.judge(nowUs, 0.9, 0)).toBeUndefined();
  });

  it('pauses for a shorter time after as much good time as the last pause took, without time slept', () => {
    const breaker = new CircuitBreaker();
    const rest = (fromUs: number, seconds: number) => {
      for (let passedUs = 0; passedUs <= seconds * 1e6; passedUs += 50_000) breaker.rest(fromUs + passedUs);
    };
    const pause = (fromUs: number) => pauseAt(breaker, 0.5, 0, fromUs)!.pauseUs / 30e6;
    expect([0, 1e9, 2e9].map(pause)).toEqual([1, 2, 4]);
    rest(3e9, 119);
    expect(pause(4e9)).toBe(8);
    rest(5e9, 240);
    expect(pause(6e9)).toBe(8);
    breaker.rest(7e9);
    breaker.rest(8e9);
    expect(pause(9e9)).toBe(16);
    rest(10e9, 480 + 240 + 120 + 60 + 30);
    expect(pause(12e9)).toBe(1);
  });
});
