import { type Column, table } from '../table.js';
import type { Leave, Playing } from './play.js';

/** Settings of every row, from the command line. */
export interface Asked extends Playing {
  /** Length of each run; undefined for a row's own. */
  readonly seconds: number | undefined;
  /** Rates of links, bit/s; undefined for a row's own. */
  readonly rates: readonly number[] | undefined;
  readonly queuesMs: readonly number[] | undefined;
  readonly leaves: readonly Leave[];
  /** Row i: beginnings of the names of links; undefined for all. */
  readonly only: readonly string[] | undefined;
  /** Row i: files with capacities over time; undefined for some that are made up. */
  readonly traces: readonly string[] | undefined;
  /** Row i: runs of each link. */
  readonly runs: number;
  /** Row h: 100 MB for the slowest too. */
  readonly whole: boolean;
  /** Says what is being played, on stderr. */
  readonly say: (text: string) => void;
}

/** The result of a row: a table for people, and its figures for programs. */
export interface Report {
  readonly title: string;
  readonly text: string;
  readonly figures: readonly object[];
}

export type Row = (asked: Asked) => Promise<Report>;

export function report<Figures extends object>(
  title: string,
  figures: readonly Figures[],
  columns: readonly Column<Figures>[],
): Report {
  return { title, text: table(figures, columns), figures };
}

export function mbit(bitsPerSecond: number): number {
  return bitsPerSecond / 1e6;
}

export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

export function percent(ratio: number): number {
  return 100 * ratio;
}
