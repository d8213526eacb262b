/** No leave takes longer than this to work, and no queue holds datagrams for longer. */
export const LONGEST_LEAVE_US = 5_000_000;

/**
 * The constants of what a receiver measures and believes. Those without a source are our own; docs/rate-control.md has the measurements
 * that chose them.
 */
export const MEASURING_RULES = {
  /** What counts as a reading of the path. */
  history: {
    /** The standing queue is the least queue over this time, or over two periods of the link's own rhythm if that is longer. */
    standingUs: 200_000,
    standingPeriods: 2,
    /** The delays of a reading that comes later than this say more about this host than about the network. */
    maxLatenessUs: 25_000,
  },
  /** What a path shows beside its history. */
  path: {
    /** A queue that rises by fewer packets than this is no wave. */
    wavePackets: 3,
    /** One turn of the link more or less is then a tenth of what arrives. */
    arrivalPeriods: 10,
    /** Trains of up to this many times the level's rate come from the link that bounds the level. */
    shownFactor: 2,
  },
  /** Links that serve in turns. */
  rhythm: {
    /** Readings of a window: 0.35 s, longer than the slowest beacons for multicast (each third one of 102.4 ms). */
    windowReadings: 7,
    /** Windows that are remembered; their median counts, because queues of other traffic rise and fall more slowly. */
    keptWindows: 9,
    /** This share of the datagrams must arrive together with the one before. */
    leastBunched: 0.5,
    /** Fewer windows than this tell nothing. */
    minWindows: 3,
  },
  /** Losses at any level. */
  ambient: {
    /** Datagrams over which the average is taken. With this many, a loss of a few per cent is known to within a quarter of its value. */
    windowDatagrams: 1000,
    /** Usable radio links lose less than this. A higher loss comes from a queue that was full from the beginning. */
    maxRatio: 0.3,
    /** Fewer datagrams than this give no estimate. */
    minDatagrams: 30,
    /** What is lost on the present level is compared with ambient loss for this long and then becomes part of it. */
    comparedUs: 5_000_000,
    /** Losses on the present level are judged on at least this many datagrams. */
    minCompared: 100,
    /** A level may lose this much more than ambient loss: "no loss" to everybody else on the link. */
    excessLossRatio: 0.01,
    factor: 1.5,
    /** Losses up to this share are none. */
    noLossRatio: 0.003,
    /** Standard errors of the loss by which it must exceed the limit. */
    standardErrors: 3,
    /** With no loss until now, the error is that of this many losses. */
    leastLost: 5,
    /**
     * If the level below loses this share of what was lost above it, the level above was not the cause. A level that a policer carries
     * loses nothing; and losses that a level is left for are more than the mean, or it would not have been left.
     */
    sameLoss: 0.25,
    /** Where levels below were clean, this many must lose as much: a policer drops from the next level, too, if that is a little too much. */
    agreeing: 2,
    /** The level below is watched for this many datagrams, or for this long if these are not too few. */
    judgedDatagrams: 400,
    judgedUs: 4_000_000,
    minJudged: 60,
    /** Losses with this index of dispersion or more come in bursts. */
    bursty: 1.5,
  },
  /** What the slowest link carries. */
  capacity: {
    /** For this long after a rate has failed, no capacity above that rate is believed: token buckets let trains pass too fast. */
    disbeliefUs: 60_000_000,
    /** A rate that failed although all trains before were this many times as fast shows that trains say nothing here. */
    muchFasterRatio: 1.3,
    /** One train alone may be wrong. */
    minLies: 2,
    /** Trains older than this are forgotten. A receiver on a higher replicated channel hears no trains. */
    maxAgeUs: 30_000_000,
    /** What arrived in a slot tells the capacity for this long, where no train does. */
    arrivedUs: 60_000_000,
    /** What a full path carries differs by more than this factor from one time to the next only if its capacity moves. */
    breathRatio: 1.5,
    /** After the last such movement the path is taken to breathe for this long: recorded cellular links move several times a minute. */
    breathUs: 60_000_000,
  },
  /** Other traffic. */
  contention: {
    /** After the last sign of other traffic it is assumed to be there for this long. */
    memoryUs: 10_000_000,
    /** Each slot, the sum of signs is multiplied by this. */
    signDecay: 0.9,
    /** The trial of another receiver behind the same bottleneck is over after this time and the time that its leave takes. */
    othersTrialUs: 3_000_000,
    /** After this many slots in a row without a queue, the signs are taken to have come from another receiver's trial. */
    overSlots: 3,
    /** After this many slots in a row without a queue, the other traffic is taken to have left. */
    quietSlots: 6,
    /** If less than this share of the measured capacity arrives here and there is still a queue, others fill it. */
    othersRatio: 0.92,
    /** If at least this share of the measured capacity arrives here, the queue is our own. */
    ownRatio: 0.95,
    /** A rise and fall of the queue by less than this is no sign of other traffic. */
    minWaveUs: 25_000,
    /**
     * A queue that has fallen by this share of its peak has fallen. TCP multiplies its window by 0.5 (RFC 5681) or 0.7 (RFC 9438), and
     * its queue falls by as much or less.
     */
    fallRatio: 0.2,
    /**
     * Take at most 57 % of the measured capacity, because at least one other flow has the same right to half of it. The share is a little
     * more than half because levels are steps of a third and are rounded down: with 0.5 the mean would be 0.43.
     */
    mostRatio: 0.57,
    /** Until other traffic has been there for this long, the signs may still come from other receivers' trials, one after the other. */
    sureUs: 8_000_000,
    /** Losses closer together than this are one event even if the round trip is shorter, because readings are 50 ms apart. */
    minEventUs: 50_000,
  },
  /** What this host drops itself. */
  load: {
    /** This host is overloaded if it drops more than this share of the datagrams itself. */
    dropRatio: 0.01,
    /** Fewer drops than this may be an accident. */
    minDrops: 10,
    /** At each reading the counts are multiplied by this: half of them are left after 0.7 s. */
    decay: 0.95,
    /**
     * A level that was too much for this host is avoided for so long, then twice as long each time it fails again, up to the most. A real disk that was behind for a fifth of a second
     * kept a receiver on 41 of 98 Mbit/s for a minute while that counted as a failure of the link.
     */
    avoidUs: 4_000_000,
    mostAvoidUs: 128_000_000,
    /** A level that lasts so long after it was avoided has not failed again when it fails. */
    forgetUs: 60_000_000,
  },
};
