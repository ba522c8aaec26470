//! The engine: one loop that tells the core what happened and carries out what it wants done.
//!
//! Inputs that wait are handled together; everything durable that they give rise to is written in one transaction and
//! synced once; only then does anything leave the node (*group commit*). The order of effects is kept within each
//! kind, and nothing that leaves can rest on something that a crash would forget (I7).
//!
//! The engine waits for nobody: questions, fetches and slots run as tasks of their own and come back as [`Event`]s.
//! If the store fails the engine ends, and nothing of the failed group was sent.

mod admission;
mod carry;
mod command;
mod event;
mod notice;
mod offer;
mod order;
mod peer;
mod published;
mod tokens;
mod upkeep;

pub use command::{Command, STOPPED_REASON};
pub use event::Event;
pub use offer::Offering;
pub use peer::{peer_id, peer_key};
pub use published::{Ended, Published, Standing};

use crate::clock::{self, Clock};
use crate::config::upkeep::Disk as DiskConfig;
use crate::execution::{Executions, SlotEnd, SlotOutcome};
use crate::policy::Gate;
use crate::store::{Batch, Staged, Store, StoreError};
use admission::Disk;
use notice::Notices;
use order::Order;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokens::Tokens;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vantage_api::Submitted;
use vantage_net::{NetEvent, NetHandle};
use vantage_protocol::attester::{Attester, Effect, Input, Token};
use vantage_protocol::id::JobId;

/// Inputs handled before their effects are written and carried out. A guess: keeps one fsync for a burst, and the
/// first of it not waiting long.
const GROUP_INPUTS_MAX: usize = 64;
/// Bytes to be written from which on a group takes no further input. A guess.
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Answers, fetches and commands that wait for the engine. Those who send wait when it is full.
pub const EVENTS_MAX: usize = 256;

/// Why the engine ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The node cannot remember, so it must not speak.
    #[error("the store failed, and what was not written was not sent: {0}")]
    Store(#[from] StoreError),
    /// The network task is gone.
    #[error("the network task has ended: see the lines before this one")]
    Network,
}

/// What an engine is made of.
pub struct Parts {
    /// The core, its past replayed.
    pub attester: Attester,
    /// Where it keeps things.
    pub store: Arc<Store>,
    /// Speaks to the network.
    pub net: NetHandle,
    /// Runs slots.
    pub executions: Executions,
    /// What the node offers.
    pub offering: Offering,
    /// What it takes on.
    pub gate: Gate,
    /// How much room it leaves on the disk, and where that is.
    pub disk: (std::path::PathBuf, DiskConfig),
    /// A sender of the inbox's events, for tasks.
    pub events: mpsc::Sender<Event>,
}

/// Where things come in.
pub struct Inbox {
    /// From the network.
    pub net: mpsc::Receiver<NetEvent>,
    /// Ends of slots.
    pub ends: mpsc::Receiver<SlotEnd>,
    /// Answers, fetched blocks and commands.
    pub events: mpsc::Receiver<Event>,
    /// Asks the engine to end.
    pub stop: CancellationToken,
}

/// The engine and all that it keeps in memory.
pub struct Engine {
    attester: Attester,
    store: Arc<Store>,
    net: NetHandle,
    executions: Executions,
    offering: Offering,
    events: mpsc::Sender<Event>,
    tasks: TaskTracker,
    relays: Arc<Semaphore>,
    tokens: Tokens,
    orders: HashMap<Token, oneshot::Sender<Result<Submitted, String>>>,
    notices: Notices,
    published: watch::Sender<Arc<Published>>,
    ended: Ended,
    gate: Gate,
    /// Slots that were refused, with the reason; declined with the next group.
    refused: Vec<(JobId, u32, String)>,
    disk: Disk,
    clock: Clock,
    /// By how much the clock was behind an earlier life's at the start, seconds.
    behind_earlier_s: Option<u64>,
}

/// What a group of inputs has given rise to.
#[derive(Default)]
struct Group {
    batch: Batch,
    /// Everything that is not durable, in order.
    later: Vec<Effect>,
    commands: Vec<Command>,
    /// What was taken in, which bounds the group.
    inputs: usize,
    /// The time was looked at, on which some of what is shown depends.
    ticked: bool,
}

impl Group {
    /// Puts what the core wants done where it belongs.
    fn sort(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Persist(record) => self.batch.record(&record),
                Effect::Put { cid, bytes } => self.batch.put(&cid, bytes, true),
                Effect::PutPrivate { cid, bytes } => self.batch.put(&cid, bytes, false),
                Effect::Release(cids) => self.batch.release(&cids),
                other => self.later.push(other),
            }
        }
    }

    fn is_full(&self) -> bool {
        self.inputs >= GROUP_INPUTS_MAX || self.batch.bytes() >= GROUP_BYTES_MAX
    }
}

impl Engine {
    /// An engine, and what it publishes. Fails if the store does.
    pub fn new(mut parts: Parts) -> Result<(Self, watch::Receiver<Arc<Published>>), StoreError> {
        let standing = Standing::idle(&parts.attester, clock::now_ms());
        let first = Published::first(&mut parts.attester, standing);
        let (published, reader) = watch::channel(Arc::new(first));
        let mut engine = Self {
            attester: parts.attester,
            store: parts.store,
            net: parts.net,
            executions: parts.executions,
            offering: parts.offering,
            events: parts.events,
            tasks: TaskTracker::new(),
            relays: Arc::new(Semaphore::new(carry::RELAYS_MAX)),
            tokens: Tokens::default(),
            orders: HashMap::new(),
            notices: Notices::default(),
            published,
            ended: Ended::default(),
            gate: parts.gate,
            refused: Vec::new(),
            disk: Disk::new(parts.disk.0, parts.disk.1.free_bytes_min()),
            clock: Clock::new(),
            behind_earlier_s: None,
        };
        let standing = engine.standing();
        engine.published.send_modify(|first| Arc::make_mut(first).standing = standing);
        Ok((engine, reader))
    }

    /// Runs until it is asked to stop or cannot go on; then calls off what runs and closes the network. It blocks its
    /// thread while it writes, so it wants one of its own.
    pub async fn run(mut self, mut inbox: Inbox) -> Result<(), EngineError> {
        self.executions.tend_golem();
        let result = self.serve(&mut inbox).await;
        if let Err(error) = &result {
            tracing::error!(%error, "the engine stops");
        }
        // Whoever watches over the stop hears of it now, not when all has ended: something below may never end. And whoever
        // waits for an answer has waited long enough.
        inbox.stop.cancel();
        self.orders.clear();
        inbox.events.close();
        while inbox.events.try_recv().is_ok() {}
        self.net.shutdown().await;
        self.executions.stop(inbox.ends).await;
        result
    }

    async fn serve(&mut self, inbox: &mut Inbox) -> Result<(), EngineError> {
        let mut wake_ms: u64 = 0;
        self.compare_with_earlier_life()?;
        loop {
            let mut group = Group::default();
            let wait_ms = wake_ms.saturating_sub(self.clock.now_ms());
            let left = Duration::from_millis(if self.refused.is_empty() { wait_ms } else { 0 });
            tokio::select! {
                biased;
                () = inbox.stop.cancelled() => return Ok(()),
                Some(event) = inbox.events.recv() => self.take(event, &mut group),
                Some(end) = inbox.ends.recv() => self.take_end(end, &mut group)?,
                event = inbox.net.recv() => match event {
                    Some(event) => self.take_net(event, &mut group),
                    None => return Err(EngineError::Network),
                },
                () = tokio::time::sleep(left) => {}
            }
            self.drain(inbox, &mut group)?;
            self.decline_refused(&mut group);
            if self.clock.now_ms() >= wake_ms {
                self.look_at_clock();
                self.look_at_disk();
                self.offer(&mut group);
                self.hear(Input::Tick, &mut group);
                group.ticked = true;
                wake_ms = u64::MAX;
            }
            self.drive(&mut group);
            self.conclude(group)?;
            // never later than was planned: whoever asks something all the time must not keep the clock from being looked at
            wake_ms = wake_ms.min(self.attester.next_wake_ms(self.clock.now_ms()));
        }
    }

    /// Takes what waits already, in turn from everywhere, as far as the group has room.
    fn drain(&mut self, inbox: &mut Inbox, group: &mut Group) -> Result<(), EngineError> {
        let mut before = None;
        while !group.is_full() && before != Some(group.inputs) {
            before = Some(group.inputs);
            if let Ok(event) = inbox.events.try_recv() {
                self.take(event, group);
            }
            if let Ok(end) = inbox.ends.try_recv() {
                group.inputs += 1;
                self.take_end(end, group)?;
            }
            if let Ok(event) = inbox.net.try_recv() {
                group.inputs += 1;
                self.take_net(event, group);
            }
        }
        Ok(())
    }

    /// Writes what is durable, then does the rest.
    fn conclude(&mut self, mut group: Group) -> Result<(), EngineError> {
        // Most ticks change nothing, and whoever watches need not look.
        let quiet =
            group.batch.is_empty() && group.later.is_empty() && group.commands.is_empty() && !group.ticked;
        let next = if quiet { None } else { Some(self.next_picture(&mut group.batch)?) };
        let added = group.batch.published().iter().filter_map(carry::library).collect();
        group.batch.clock(self.clock.now_ms() / 1000);
        self.store.commit(group.batch)?;
        if let Some(next) = next {
            self.published.send_replace(Arc::new(next));
        }
        self.net.blocks_added(added);
        for effect in group.later {
            self.carry(effect)?;
        }
        for command in group.commands {
            self.answer(command)?;
        }
        Ok(())
    }

    fn next_picture(&mut self, batch: &mut Batch) -> Result<Published, StoreError> {
        let standing = self.standing();
        let shown = self.published.borrow().clone();
        shown.after(&mut self.attester, &self.store, standing, (&mut self.ended, batch))
    }

    /// Tells the core one thing.
    fn hear(&mut self, input: Input, group: &mut Group) {
        let view = Staged { store: &self.store, batch: &group.batch };
        let effects = self.attester.hear(input, self.clock.now_ms(), &view);
        group.sort(effects);
    }

    /// Asks the core what is due after all that it was told.
    fn drive(&mut self, group: &mut Group) {
        let view = Staged { store: &self.store, batch: &group.batch };
        let effects = self.attester.drive(self.clock.now_ms(), &view);
        group.sort(effects);
    }

    fn take(&mut self, event: Event, group: &mut Group) {
        group.inputs += 1;
        match event {
            Event::Answer { call, bytes } => {
                self.hear(Input::Answer { call, bytes: bytes.map(Vec::from) }, group);
            }
            Event::Fetched { cid, bytes } => {
                let found = bytes.is_some();
                if let Some(bytes) = bytes {
                    group.batch.put(&cid, bytes.into(), true);
                }
                self.hear(Input::Fetched { cid, found }, group);
            }
            Event::Command(Command::Submit { order, suite, study, key, reply }) => {
                self.take_order(Order { order, suite, study, key, reply }, group);
            }
            Event::Command(mut command) => {
                match &mut command {
                    Command::Put { cid, bytes, .. } if self.takes_blocks() => {
                        group.batch.put(cid, std::mem::take(bytes), true);
                    }
                    Command::StopHere { id, done, .. } => *done = Some(self.stop_here(*id, group)),
                    _ => {}
                }
                group.commands.push(command);
            }
        }
    }

    fn take_end(&mut self, end: SlotEnd, group: &mut Group) -> Result<(), EngineError> {
        self.run_next(&end);
        let SlotEnd { job, slot, outcome } = end;
        match outcome {
            SlotOutcome::Executed { salt, cells } => {
                self.hear(Input::Executed { job, slot, salt, cells }, group);
            }
            SlotOutcome::Declined { reason } => {
                tracing::warn!(job = %job.short(), slot, reason, "a slot is not taken on");
                self.hear(Input::Declined { job, slot, reason }, group);
            }
            SlotOutcome::GivenUp => tracing::info!(job = %job.short(), slot, "a slot was given up"),
            SlotOutcome::Failed(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn take_net(&mut self, event: NetEvent, group: &mut Group) {
        match event {
            NetEvent::Listening(addr) => tracing::info!(%addr, "listening"),
            NetEvent::PeerUp { peer } => {
                if let Some(peer) = peer_key(&peer) {
                    self.hear(Input::PeerUp { peer }, group);
                }
            }
            NetEvent::PeerDown { peer } => tracing::debug!(%peer, "a peer is gone"),
            NetEvent::Gossip { token, from: _, data } => {
                let token = self.tokens.gossip(token);
                self.hear(Input::Gossip { token, bytes: data.into() }, group);
            }
            NetEvent::Request { stream, peer: _, data, reply } => {
                let token = self.tokens.reply(reply);
                let stream = event::stream_in(stream);
                self.hear(Input::Request { token, stream, bytes: data.into() }, group);
            }
        }
    }

    /// Announces what the node offers, where that is due.
    fn offer(&mut self, group: &mut Group) {
        if !self.attester.may_sign() {
            return;
        }
        let now_ms = self.clock.now_ms();
        let Some(announce) = self.offering.due(now_ms, &self.executions) else { return };
        group.batch.announced(offer::kept(&announce));
        self.hear(Input::Announce { announce }, group);
    }
}
