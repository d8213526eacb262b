import { SLOT_US } from '../ladder/step-plan.js';
import { LONGEST_LEAVE_US } from '../measuring/measuring-rules.js';
import { KEPT_AFTER_LOSS } from '../measuring/virtual-window.js';

/**
 * The constants of what a receiver does. Those without a source are our own; docs/rate-control.md has the measurements that chose them.
 */
export const DECIDING_RULES = {
  /** What counts as an overload, and how far to leave. */
  overload: {
    /** A queue below this harms nobody. Most links show as much in normal operation. */
    lowQueueUs: 20_000,
    /** A queue below this counts as empty. */
    emptyQueueUs: 4_000,
    /** A queue above this is too long if it does not shrink. */
    highQueueUs: 100_000,
    /**
     * A link that is almost full drains the queue of a preview slowly. A new level is too much if the queue is more than this many low
     * queues.
     */
    newQueues: 2,
    /** Where a link serves in turns, waiting for this many of its periods is no queue, and a little more harms nobody. */
    emptyQueuePeriods: 1.5,
    lowQueuePeriods: 1.8,
    /** This many packets may wait on a path without an overload, because bursts of several channels meet. */
    lowQueuePackets: 3,
    /** Growth of the queue from one span of the standing time to the next that means an overload of 10 %. */
    runawayUs: 15_000,
    /**
     * One step of a ladder of thirds makes the delay grow by at most a quarter of the time. If it grows by more than this share of the
     * time, the cause is not a trial.
     */
    suddenGrowth: 0.3,
    /** A loss of this share beyond ambient loss means an overload. */
    heavyLossRatio: 0.1,
    /** A loss of this share means an overload even beside TCP, which finds its rate by losing packets. */
    direLossRatio: 0.25,
    /** A loss of this share ends a trial. */
    mildLossRatio: 0.03,
    /** A loss of this share over a second in which the queue was never empty means an overload. */
    overflowLossRatio: 0.005,
    /** The rate that arrives through a full queue is averaged over this many standing times. */
    arrivalTimes: 1.5,
    /** Loss is judged on at least this many datagrams. */
    minJudged: 20,
    /**
     * And on at least this time of a level. A train that overflows a short queue in the first 50 ms of a try is not the level's loss: row c, a queue
     * of 20 ms, where the level was then avoided for a minute.
     */
    leastJudgedUs: 100_000,
    /** Share of the carried rate that is left free, for other traffic and for errors of the estimate. */
    margin: 0.1,
    /** The share that is left free where nothing queues, so that nothing has to drain. */
    policedMargin: 0.02,
    /** A queue that loses this share over this time is full. */
    fullQueueLossRatio: 0.05,
    /** A retreat is meant to drain the queue within this time, but it keeps at least this share of the carried rate. */
    drainTargetUs: 700_000,
    minLeft: 0.2,
    /** Where the capacity moves by itself, what arrives now is soon less than the path carries. */
    breathMinLeft: 0.6,
    /** The rate that arrives through an overload is taken over this time. */
    carriedUs: 300_000,
    /** The same without a queue, where losses come in turns. */
    policedUs: 500_000,
    /** A channel from which nothing arrives for this long, and for this many of its intervals, is given up. */
    silenceUs: 5_000_000,
    silentIntervals: 10,
  },
  /** Steps up. */
  climb: {
    /** The first steps go to this share of the measured capacity: token buckets let trains pass at more than the link's rate. */
    jumpRatio: 0.5,
    /** They go to this share when the trains of three slots agree. */
    sureJumpRatio: 0.8,
    /** One step multiplies the rate by at most this. */
    maxJump: 4,
    /**
     * Only the lowest of replicated channels has trains, and each exchange of two channels may take as long as a leave. So the lowest
     * channel is kept until the trains of three slots agree, but no longer than this. Then one jump goes to 0.9 of the measured capacity;
     * real trains are wrong by up to a tenth.
     */
    replicatedWaitUs: 2_000_000,
    replicatedJumpRatio: 0.9,
    /** A link filled to more than this share has no room for announcements or any other packet. */
    fullLinkRatio: 0.996,
    /** Up to this share of the measured capacity a step needs no preview. */
    noPreviewRatio: 0.97,
    /** If the next level needs no more than this share of the measured capacity, the path has changed: the phase `start` begins again. */
    reentryRatio: 0.9,
    /** Time between two steps of the start. It is long enough for an overload of ten per cent to show. */
    startStepUs: 300_000,
    /**
     * Where trains show no capacity, the least queue of this time, or of two periods of the link's rhythm, must be empty before the next step
     * of the start.
     */
    startQueueUs: 100_000,
    /**
     * Where trains show no capacity, a loss or a queue in the newest reading, too little to end the start, puts the next step off for at most this
     * long: it may be the first sign that a bucket is empty.
     */
    startSignUs: 150_000,
    /** The newest channel must have been arriving for at least this long. */
    startHeardUs: 250_000,
    /**
     * Where trains show more than the highest level, a level is kept until this much of it has arrived, but no longer than `unshownMostUs`:
     * a bucket of 64 kB is empty by then if the level is a fourteenth more than the link carries. Only `high` caution waits so
     * (src/rate/rules.ts): a link that is really so fast would need seconds more.
     */
    unshownBytes: 1_000_000,
    unshownMostUs: 0,
    /** The rhythm of the link is looked for on the lowest level for at most this long. */
    rhythmWaitUs: 1_000_000,
    /** If no train has arrived by then, the start goes on without a measured capacity. */
    trainWaitUs: 1_500_000,
    /**
     * A trial of a level is passed after this time, this many round trips and this many of the level's datagrams, whichever is longest.
     */
    trialUs: 1_000_000,
    trialRoundTrips: 4,
    trialDatagrams: 64,
    /** A step needs a clear path (no loss, no queue) for two slots. */
    clearUs: 2 * SLOT_US,
  },
  /** The time after a leave. */
  deaf: {
    /**
     * Leave latency before any leave was measured: MLDv2's defaults are two queries for the last member, one second apart (RFC 3810,
     * section 9).
     */
    initialLatencyUs: 2_200_000,
    minLatencyUs: 100_000,
    maxLatencyUs: LONGEST_LEAVE_US,
    /** No sooner than this can be told whether a leave has worked. */
    minDeafUs: 150_000,
    fallenRatio: 0.5,
    /** Losses up to this share, beyond ambient loss, do not prolong the deaf period. */
    leaveWorkedLossRatio: 0.02,
    /** If less than this share of the kept channels arrives, even those are too much. Smaller differences happen by chance. */
    carriedRatio: 0.85,
    /** Where a leave drains no queue, nothing may be lost for this long. */
    queuelessUs: 1_000_000,
    /** … and at least this share of what the kept channels send in that time must arrive. */
    heardRatio: 0.5,
    /** Datagrams of the kept channels, arrived and lost, that tell what the path carries. */
    minMeasured: 40,
    /** The leave latency is the longest of this many leaves, because a queue can also drain for reasons other than our leave. */
    keptLeaves: 4,
  },
  /** Levels that were too much. */
  failures: {
    /** An overload this soon after a step up is blamed on the step. A level without one for this long has been held. */
    blameUs: 5_000_000,
    /** The longest time of which a step may be blamed: a bucket of 256 kB takes 12 s to empty at 0.67 Mbit/s on a link of 0.5. */
    maxBlameUs: 30_000_000,
    /** What failed after some time may fail after that time again, so a level has held when it has outlasted that twice. */
    lastedFactor: 2,
    /** The harm that a failed try does to others lasts for seconds. After a failure, tries are this many slots apart, or a multiple. */
    roundSlots: 4,
    /** After this many failures in a row the wait no longer doubles: 64 rounds of 2 s are about two minutes. */
    maxWaitDoublings: 6,
    /** Where trains pass at any rate, only trying shows whether a level fits. Tries that fail may drop this share of what the link brings. */
    triedShare: 0.01,
  },
  /** Whose queue it is after a retreat. */
  retreats: {
    /** Retreats closer together than this count as one, which began with the first. */
    oneRetreatUs: 10_000_000,
    /**
     * For this long after the last retreat, the rate that a TCP connection would have kept is known. Other traffic is recognised up to
     * ten seconds after it came.
     */
    keptUs: 20_000_000,
    /** A TCP connection would have kept this share of the rate. */
    keptShare: KEPT_AFTER_LOSS,
    /** A queue that is still there this long after a retreat is not this receiver's own: the leave latency, and a second to drain. */
    maxDrainUs: 4_000_000,
    /** If this share of the measured capacity arrives here, this receiver causes the queue. */
    ownShare: 0.9,
    /** If less than this share arrives here after a retreat, this receiver certainly does not cause the queue. */
    innocentShare: 0.7,
  },
  /** The circuit breaker. */
  breaker: {
    /** If the lowest level loses more than this share for this long, receiving nothing for a while is better. */
    pauseLossRatio: 0.2,
    badTimeUs: 10_000_000,
    /** The first pause; it doubles up to the most, 16 min. */
    pauseUs: 30_000_000,
    mostPauseUs: 960_000_000,
    /**
     * Each call sees the loss of the last second. Calls farther apart leave a gap about which nothing is known; the host may have slept.
     */
    maxGapUs: 1_000_000,
  },
};
