//! One simulated node: the real core, a disk, a clock that may be wrong, and what is under way.

use super::cast::Identity;
use super::disk::Disk;
use super::event::{Index, Life, Return};
use super::follower::Follower;
use super::rogue::Rogue;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use vantage_protocol::attester::{Attester, Config, Execution, Stream, Token};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};
use vantage_protocol::memo::Memo;

/// Who waits for the answer to a request that came in.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Which node.
    pub node: Index,
    /// In which of its lives.
    pub life: Life,
    /// Where the answer goes there.
    pub back: Return,
    /// On which stream it was asked.
    pub stream: Stream,
    /// The request.
    pub bytes: Rc<[u8]>,
}

/// A node and everything around it.
#[derive(Debug)]
pub struct Node {
    /// Its keys.
    pub identity: Identity,
    /// What its core is made from.
    pub config: Config,
    /// The core; none while the node is down.
    pub attester: Option<Attester>,
    /// What survives.
    pub disk: Disk,
    /// Whoever reads along in this life of the core.
    pub follower: Follower,
    /// Number of its life.
    pub life: Life,
    /// Its clock's error, milliseconds.
    pub skew_ms: i64,
    /// When it will be woken, by the world's clock.
    pub wake_ms: Option<u64>,
    /// Effects until it loses power, and how long it then stays down, milliseconds.
    pub doom: Option<(u32, Option<u64>)>,
    /// It goes down in this run and stays down.
    pub lost: bool,
    /// Orders that its operator has given and it has not taken yet.
    pub orders: BTreeSet<u64>,
    /// Contents of jobs that it sees an outcome of.
    pub concluded: BTreeMap<JobId, Cid>,
    /// Contents that it provides.
    pub provided: BTreeSet<Cid>,
    /// Breaks the rules, and how.
    pub rogue: Option<Rogue>,
    /// Requests that wait for an answer from here.
    pub asked: BTreeMap<Token, Asker>,
    /// Gossip that waits for a verdict.
    pub heard: BTreeMap<Token, (Index, Rc<[u8]>)>,
    /// Next token.
    pub next_token: Token,
    /// Answers that are waited for.
    pub open: BTreeSet<Return>,
    /// Gossip seen before.
    pub seen: BTreeSet<Hash>,
    /// Slots that are being run.
    pub running: BTreeMap<(JobId, u32), Execution>,
}

impl Node {
    /// A node before its first start.
    pub fn new(identity: Identity, config: Config) -> Self {
        Self {
            identity,
            config,
            attester: None,
            follower: Follower::default(),
            disk: Disk::default(),
            life: 0,
            skew_ms: 0,
            wake_ms: None,
            doom: None,
            lost: false,
            orders: BTreeSet::new(),
            concluded: BTreeMap::new(),
            provided: BTreeSet::new(),
            rogue: None,
            asked: BTreeMap::new(),
            heard: BTreeMap::new(),
            next_token: 0,
            open: BTreeSet::new(),
            seen: BTreeSet::new(),
            running: BTreeMap::new(),
        }
    }

    /// It follows the rules.
    pub fn is_honest(&self) -> bool {
        self.rogue.is_none()
    }

    /// It runs.
    pub fn is_up(&self) -> bool {
        self.attester.is_some()
    }

    /// The node's clock.
    pub fn clock_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.skew_ms)
    }

    /// A fresh token.
    pub fn token(&mut self) -> Token {
        self.next_token += 1;
        self.next_token
    }

    /// Starts the core from the disk. The error says which record does not fit.
    pub fn start(&mut self, memo: Memo) -> Result<(), String> {
        let mut attester = Attester::remembering(self.config.clone(), memo)?;
        for record in &self.disk.records {
            attester.restore(record.clone())?;
        }
        self.attester = Some(attester);
        self.follower = Follower::default();
        self.life += 1;
        Ok(())
    }

    /// Power off: all but the disk is gone.
    pub fn stop(&mut self) {
        self.attester = None;
        self.wake_ms = None;
        self.doom = None;
        self.asked.clear();
        self.heard.clear();
        self.open.clear();
        self.seen.clear();
        self.running.clear();
        self.concluded.clear();
        self.provided.clear();
        self.life += 1;
    }
}
