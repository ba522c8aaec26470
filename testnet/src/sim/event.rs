//! What can happen in a simulated world, in order of time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use vantage_protocol::attester::{Call, PeerKey, Stream, Token};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};

/// Index of a node in the world.
pub type Index = usize;
/// Which life of a node: what was meant for an earlier one is lost.
pub type Life = u32;

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Return {
    /// To the core, as the answer to its call.
    Call(Call),
    /// Onwards, as the reply to a request that is being relayed.
    Relay(Token),
    /// Nowhere: nobody waits for it.
    Nowhere,
}

/// Something that happens to one node.
#[derive(Clone, Debug)]
pub enum Event {
    /// Time passes.
    Wake,
    /// A connection stands.
    PeerUp(PeerKey),
    /// A gossip message arrives.
    Gossip {
        /// From which node.
        from: Index,
        /// The message.
        bytes: Rc<[u8]>,
        /// Its id: SHA-256.
        id: Hash,
    },
    /// A request arrives.
    Request {
        /// From which node.
        from: Index,
        /// In which of its lives.
        from_life: Life,
        /// Where the answer goes there.
        back: Return,
        /// On which stream.
        stream: Stream,
        /// The request.
        bytes: Rc<[u8]>,
    },
    /// An answer arrives, or the wait is over.
    Answer {
        /// What it answers.
        back: Return,
        /// The answer.
        bytes: Option<Vec<u8>>,
    },
    /// A fetch ends.
    Fetched {
        /// Which block.
        cid: Cid,
        /// The block, if somebody served it.
        bytes: Option<Vec<u8>>,
    },
    /// A cell was run.
    CellDone {
        /// Which job.
        job: JobId,
        /// Which slot.
        slot: u32,
    },
    /// The operator offers the node's target.
    Announce,
    /// The operator gives this order, for the first time or again.
    Submit(u64),
    /// The node loses power after so many more effects, and starts again after so long, milliseconds.
    Doom(u32, Option<u64>),
    /// The node starts.
    Restart,
    /// A partition begins: its number and groups of nodes.
    Partition(u64, Vec<Vec<Index>>),
    /// A partition ends, or all do.
    Heal(Option<u64>),
    /// The node's clock is off by so much from now on, milliseconds.
    Clock(i64),
    /// Bytes of another network arrive.
    Foreign(u64),
    /// A member that breaks the rules looks at what it can do.
    Scheme,
}

impl Event {
    /// Name for the trace.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Wake => "wake",
            Event::PeerUp(_) => "peer up",
            Event::Gossip { .. } => "gossip",
            Event::Request { .. } => "request",
            Event::Answer { .. } => "answer",
            Event::Fetched { .. } => "fetched",
            Event::CellDone { .. } => "cell done",
            Event::Announce => "announce",
            Event::Submit(_) => "submit",
            Event::Doom(..) => "doom",
            Event::Restart => "start",
            Event::Partition(..) => "partition",
            Event::Heal(_) => "heal",
            Event::Clock(_) => "clock",
            Event::Foreign(_) => "foreign",
            Event::Scheme => "scheme",
        }
    }

    /// The bytes that arrive with it, for the trace; of gossip its id, which is their hash.
    pub fn payload(&self) -> Cow<'_, [u8]> {
        let payload = match self {
            Event::Gossip { id, .. } => return Cow::Borrowed(&id.0),
            Event::Request { bytes, .. } => return Cow::Borrowed(bytes),
            Event::Answer { bytes, .. } => return Cow::Borrowed(bytes.as_deref().unwrap_or_default()),
            Event::Fetched { cid, bytes } => {
                let mut payload = cid.to_bytes();
                payload.push(u8::from(bytes.is_some()));
                payload
            }
            Event::PeerUp(peer) => peer.to_vec(),
            _ => Vec::new(),
        };
        Cow::Owned(payload)
    }

    /// Whether it is lost when the node has died since.
    pub fn dies_with_node(&self) -> bool {
        matches!(
            self,
            Event::Wake
                | Event::PeerUp(_)
                | Event::Answer { .. }
                | Event::Fetched { .. }
                | Event::CellDone { .. }
        )
    }
}

/// A scheduled event.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// To whom.
    pub node: Index,
    /// In which of its lives.
    pub life: Life,
    /// What.
    pub event: Event,
}

/// Events to come, by time and then in the order in which they were scheduled.
#[derive(Debug, Default)]
pub struct Queue {
    events: BTreeMap<(u64, u64), Scheduled>,
    next: u64,
}

impl Queue {
    /// Schedules an event.
    pub fn push(&mut self, at_ms: u64, scheduled: Scheduled) {
        self.events.insert((at_ms, self.next), scheduled);
        self.next += 1;
    }

    /// When the next event is, and to whom it happens.
    pub fn next(&self) -> Option<(u64, Index)> {
        self.events.first_key_value().map(|((at_ms, _), scheduled)| (*at_ms, scheduled.node))
    }

    /// Takes the next event, with its time.
    pub fn pop(&mut self) -> Option<(u64, Scheduled)> {
        self.events.pop_first().map(|((at_ms, _), scheduled)| (at_ms, scheduled))
    }
}
