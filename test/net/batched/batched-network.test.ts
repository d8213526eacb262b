import { systemClock } from '../../../dist/base/system-clock.js';
import { systemNetworkOn } from '../../../dist/net/system-network.js';
import { realContract } from '../real-bed.js';

// Enough to fill the receive buffers of two sockets, 8 MB each. A buffer of many datagrams takes little more memory than these.
realContract('real sockets, batches', systemNetworkOn(systemClock, { LAYERCAST_NET: 'batch' }), 2, 40_000);
