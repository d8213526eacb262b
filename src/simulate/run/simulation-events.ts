import type { LineOf, PartOf } from '../../events/event-types.js';
import type { flowSummary, linkSummary, receiverSummary, simulateEvents } from '../../events/simulate-events.js';

/**
 * What a simulation tells: one object for each line of `simulate --json`. docs/events.md says what each field means, and
 * src/events/simulate-events.ts declares them.
 */
export type SimulationEvent = LineOf<typeof simulateEvents>;

type Line<Name extends keyof typeof simulateEvents> = LineOf<typeof simulateEvents, Name>;

export type MembershipChange = Line<'join' | 'leave'>;
export type ReceiverSample = Line<'progress'>;
export type ReceiverEnd = Line<'complete' | 'failure'>;
export type MemberEnd = Line<'memberComplete'>;
export type LinkSample = Line<'link'>;
export type FlowSample = Line<'flow'>;
export type SummaryEvent = Line<'summary'>;

/** One entry of the scenario: a receiver, or all members of its crowds. */
export type ReceiverSummary = PartOf<typeof receiverSummary>;
export type LinkSummary = PartOf<typeof linkSummary>;
export type FlowSummary = PartOf<typeof flowSummary>;
/** A figure of several receivers; all three are the same for one. */
export type Spread = ReceiverSummary['level'];
