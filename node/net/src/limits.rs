//! Every bound of this crate, each with its source.

use std::time::Duration;

/// Largest gossip message: PROTOCOL section 4 allows 48 KiB of payload; 64 KiB is gossipsub's own default.
pub const GOSSIP_BYTES_MAX: usize = 64 * 1024;
/// Gossip messages that wait for a verdict. A guess: 22 members' heads every 15 s are 1.5 a second.
pub const VERDICTS_PENDING_MAX: usize = 1024;
/// How long a message waits for its verdict before it counts as ignored. A guess; the check of one is some ms.
pub const VERDICT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest witness request: PROTOCOL section 4 pushes leaves of 16 KiB each; 2 MiB is about 120 of them.
pub const WITNESS_REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest witness response: a cosignature or a line of error; a guess.
pub const WITNESS_RESPONSE_BYTES_MAX: usize = 64 * 1024;
/// Largest request for a range of a log or for certs: an origin, a range, a CID; a guess.
pub const QUERY_BYTES_MAX: usize = 4 * 1024;
/// Largest range of a log in one answer; as many bytes as a witness takes in one request.
pub const LOG_RESPONSE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest set of certs: proofs of a job's statements and q Finals, each with its leaf; a guess.
pub const CERTS_RESPONSE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// From the first byte of a request to the last of its answer, once connected.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Dialling, or looking up and dialling, the peer that a request is for; a guess.
pub const REACH_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests of ours in flight or waiting for a connection; a guess: 22 members, some streams each.
pub const REQUESTS_OUTBOUND_MAX: usize = 256;
/// Requests on one connection, both ways, being written, read or answered; libp2p's own default is 100.
pub const STREAMS_PER_CONNECTION_MAX: usize = 128;
/// Bytes of requests (and, counted apart, of responses) being read at any time; a guess.
pub const STREAM_BUFFER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest block we accept: the bitswap specification's maximum. Ours are at most 1 MiB.
pub const BLOCK_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest bitswap message read: the specification's 4 MiB, and room for the wantlist beside the blocks.
pub const BITSWAP_MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024 + 64 * 1024;
/// Largest bitswap message read from a peer that we want nothing from: a wantlist, never blocks; a guess.
pub const BITSWAP_UNASKED_BYTES_MAX: usize = 512 * 1024;
/// A bitswap reply is closed once it holds this many bytes of blocks; half the maximum is kinder to slow links.
pub const BITSWAP_REPLY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// A peer that asks whether we have a block of up to this size gets the block; boxo's own bound. It saves a second
/// round, and costs about as much as the answer "yes".
pub const BITSWAP_HAVE_BLOCK_BYTES_MAX: usize = 1024;
/// Wants, blocks or presences read from one message; the rest is skipped. A guess, eight full wantlists.
pub const BITSWAP_ITEMS_MAX: usize = 8 * 1024;
/// Wants remembered per peer; go-bitswap's own bound.
pub const WANTS_PER_PEER_MAX: usize = 1024;
/// Blocks being fetched at once; the rest wait their turn. Half of what a peer remembers for us.
pub const FETCHES_MAX: usize = 512;
/// Bytes of blocks handed to connections and not sent yet, over all peers; no block is looked up beyond it. A guess.
pub const BITSWAP_OUTBOUND_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Concurrent reads of the block source on behalf of others; a guess.
pub const BLOCK_READS_MAX: usize = 8;
/// A peer that sent nothing for this long while we want from it is passed over; a guess.
pub const BITSWAP_PEER_TIMEOUT: Duration = Duration::from_secs(5);

/// Commands queued for the network task; it drains them at once.
pub const COMMANDS_MAX: usize = 4096;
/// Events queued for the caller; those beyond it are ignored (gossip) or refused (requests).
pub const EVENTS_MAX: usize = 512;
/// Peers whose addresses are remembered for dialling; a guess.
pub const ADDRESS_BOOK_PEERS_MAX: usize = 1024;
/// Addresses remembered of one peer; a guess.
pub const ADDRESSES_PER_PEER_MAX: usize = 8;
/// Peers being dialled or looked up at once on somebody's request; a guess.
pub const REACHES_MAX: usize = 256;
/// Provider lookups running at once; a guess.
pub const LOOKUPS_MAX: usize = 128;
/// Providers kept per key and returned by one lookup. kad's own bound is 20; the members of a network all stand
/// under one key and should find each other.
pub const PROVIDERS_MAX: usize = 64;
/// Provider records of others that one node keeps for the DHT of the internet; a guess: 22 members with two roots of
/// 6,000 jobs each, at most some 80 MB.
pub const WAN_RECORDS_MAX: usize = 256 * 1024;
/// The same for the DHT of a LAN, which fewer nodes share; a guess, at most some 20 MB.
pub const LAN_RECORDS_MAX: usize = 64 * 1024;
/// Keys that one node provides: roots only, never leaves; a guess: two roots of 32,000 jobs. At 32 announcements at
/// once, of some seconds each on the public DHT, a round of them takes two hours; records live for 48.
pub const PROVIDED_KEYS_MAX: usize = 64 * 1024;

/// What an operator may set. The defaults suit a member of a network of some dozens on a small server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Established connections, in and out.
    pub connections_max: u32,
    /// Of those, inbound ones: outbound ones must keep some room, or strangers could crowd members out.
    pub connections_inbound_max: u32,
    /// Connections with one peer; two arise when both sides dial at once.
    pub connections_per_peer_max: u32,
    /// Inbound connections from one IP address; not applied with `allow_private`, where all share one.
    pub connections_per_ip_max: u32,
    /// Network peers to stay connected with: a network no larger than this is a full mesh.
    pub peers_target: usize,
    /// Requests of one peer being read or answered at once.
    pub requests_per_peer_max: usize,
    /// New connections are refused while the process holds more physical memory than this.
    pub memory_bytes_max: usize,
}

impl Default for Limits {
    /// Guesses, scaled from go-libp2p's default resource manager for 2 GiB machines.
    fn default() -> Self {
        Self {
            connections_max: 256,
            connections_inbound_max: 192,
            connections_per_peer_max: 4,
            connections_per_ip_max: 16,
            peers_target: 32,
            requests_per_peer_max: 16,
            memory_bytes_max: 2 * 1024 * 1024 * 1024,
        }
    }
}
