//! Limits and intervals, each with its source.

/// Largest leaf, bytes (PROTOCOL section 2).
pub const LEAF_BYTES_MAX: usize = 16 * 1024;
/// Largest block, bytes: what every IPFS implementation transfers without splitting.
pub const BLOCK_BYTES_MAX: usize = 1024 * 1024;
/// Largest output of one cell, bytes (PROTOCOL section 3).
pub const OUTPUT_BYTES_MAX: u64 = 1024 * 1024;
/// Largest gossip message, bytes (PROTOCOL section 4).
pub const GOSSIP_BYTES_MAX: usize = 48 * 1024;
/// Largest committee: what two thirds of 16 exported cosignatures allow (PROTOCOL section 1).
pub const COMMITTEE_MAX: usize = 22;
/// Longest life of an announce, seconds (PROTOCOL section 3).
pub const ANNOUNCE_S_MAX: u64 = 24 * 3600;
/// Smallest gap between a job's deadlines outside test networks, seconds (PROTOCOL section 3).
pub const GAP_S_MIN: u64 = 30;
/// Smallest gap between a job's deadlines in a test network, seconds (PROTOCOL section 3).
pub const GAP_S_MIN_TEST: u64 = 2;
/// Longest job, seconds from creation to its last deadline: a guess, a week.
pub const JOB_S_MAX: u64 = 7 * 24 * 3600;
/// Most regions of a job: a guess.
pub const REGIONS_MAX: usize = 32;
/// Most targets of a job: a guess.
pub const TARGETS_MAX: usize = 16;
/// Most replicas of a (region, target): a guess.
pub const REPLICAS_MAX: u32 = 16;
/// Most repeats of a prompt by one executor: a guess.
pub const REPEATS_MAX: u32 = 16;
/// Most prompts of a suite: a guess.
pub const PROMPTS_MAX: usize = 256;
/// Longest prompt, bytes: a guess.
pub const PROMPT_BYTES_MAX: usize = 8 * 1024;
/// Most contrasts that a study plan registers, one by one: a guess, Holm's first step is then a ten thousandth.
pub const REGISTERED_MAX: usize = 512;
/// Most codings of a study plan: one for each prompt.
pub const CODINGS_MAX: usize = PROMPTS_MAX;
/// Most lines that a series follows: a guess. Each raises the threshold of all.
pub const SERIES_LINES_MAX: usize = 32;
/// Most jobs of a series that are followed back from one of them: a guess, a year of one a day. Bounds memory and time of whoever
/// multiplies.
pub const SERIES_JOBS_MAX: usize = 366;
/// Most options beside the one that counts as a yes: a guess.
pub const OPTIONS_MAX: usize = 26;
/// Most cells of one slot: keeps a receipts block below a mebibyte at 2 KiB a receipt.
pub const SLOT_CELLS_MAX: usize = 512;
/// Most slots of a job: a guess.
pub const SLOTS_MAX: usize = 1024;
/// Most executors that a job may name: a guess.
pub const EXECUTORS_MAX: usize = 512;
/// Most items of one ack: about 100 bytes each under the leaf limit.
pub const ACK_ITEMS_MAX: usize = 100;
/// Longest name of our own (operator, region, suite, open model), bytes: a guess.
pub const NAME_BYTES_MAX: usize = 64;
/// Longest name of a model as its vendor spells it, bytes: a guess, the longest known have about 100.
pub const MODEL_BYTES_MAX: usize = 128;
/// Longest target, bytes: the longest model, and room for an endpoint's name before it. An announce of 16 such targets and
/// 32 regions, and a job of as many, stay below a leaf.
pub const TARGET_BYTES_MAX: usize = 192;
/// Longest free text in a leaf (a decline's reason), bytes: a guess.
pub const REASON_BYTES_MAX: usize = 256;
/// Most attempts that a receipt tells of at Golem: an executor makes four, a guess, and room to spare.
pub const GOLEM_ATTEMPTS_MAX: usize = 8;
/// Most landmarks to which a provider's round trips are told. A guess: a few on each continent.
pub const LANDMARKS_MAX: usize = 16;
/// Longest round trip that is told, microseconds: a guess, far above one around the Earth.
pub const ROUND_TRIP_US_MAX: u64 = 60_000_000;
/// Longest code kept, bytes: a guess, the longest known one has 34.
pub const CODE_BYTES_MAX: usize = 64;
/// Most headers kept of a response: the allow-list is shorter.
pub const HEADERS_MAX: usize = 32;
/// Longest header value kept, bytes: a guess.
pub const HEADER_BYTES_MAX: usize = 256;
/// Heads over new leaves are made no more often than this; what is said in between shares one (PROTOCOL section 4).
pub const BATCH_MS: u64 = 200;
/// An unchanged own head is sent again after this long (PROTOCOL section 4).
pub const HEAD_AGAIN_MS: u64 = 15_000;
/// First retry of an unanswered request (PROTOCOL section 4).
pub const RETRY_MS_MIN: u64 = 2_000;
/// Longest wait between retries (PROTOCOL section 4).
pub const RETRY_MS_MAX: u64 = 30_000;
/// A witness this far ahead of its peers' median clock does not sign (PROTOCOL section 2).
pub const CLOCK_AHEAD_S_MAX: u64 = 60;
/// A peer's clock counts for this long after it was heard (PROTOCOL section 2).
pub const CLOCK_HEARD_S_MAX: u64 = 60;
/// Most leaves pushed in one witness request: with the note they stay below the stream's 2 MiB.
pub const PUSH_LEAVES_MAX: usize = 120;
/// Most leaves returned for one range request: as many as may be pushed.
pub const RANGE_LEAVES_MAX: usize = 128;
/// Most logs a node follows beside the committee's: a guess, bounds memory.
pub const LOGS_MAX: usize = 4096;
/// Most leaves of one log that a node follows: a guess, two years of one leaf a minute.
pub const LOG_LEAVES_MAX: u64 = 1 << 20;
/// Most leaves of a log whose author genesis does not name: a guess, a leaf every half hour for a year.
pub const STRANGER_LEAVES_MAX: u64 = 1 << 14;
/// Bytes of leaves that each log whose author genesis does not name may always take up: a guess, some hundred jobs.
pub const STRANGER_SHARE_BYTES: u64 = 64 * 1024;
/// Bytes of leaves that one such log may take up at most: a guess.
pub const STRANGER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of leaves that all such logs may take up beyond their shares: a guess, bounds memory.
pub const STRANGERS_POOL_BYTES: u64 = 256 * 1024 * 1024;
/// Most jobs of one author that a node works on at once: a guess.
pub const AUTHOR_JOBS_MAX: usize = 32;
/// Most jobs a member works on at once: a guess, bounds memory.
pub const JOBS_MAX: usize = 256;
