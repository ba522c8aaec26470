//! libp2p networking of Vantage: gossip, streams, bitswap, routing.
