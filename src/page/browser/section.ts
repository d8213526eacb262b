import type { LiveState } from '../live-state.js';

/** A part of the page that some states have. */
export interface Section {
  readonly element: HTMLElement;
  show(state: LiveState): void;
}
