import { udpNetwork } from '../../../dist/net/portable/udp-network.js';
import { realContract } from '../real-bed.js';

// Enough to fill the receive buffers of two sockets, 4 MB each.
realContract('real sockets, one datagram a call', udpNetwork, 1, 8000);
