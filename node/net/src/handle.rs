//! The caller's side of the network task.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cid::Cid;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::command::Command;
use crate::counters::{Counters, count};
use crate::error::{FetchError, RequestError};
use crate::event::{GossipToken, ReplyToken, Verdict};
use crate::limits::{FETCHES_MAX, GOSSIP_BYTES_MAX, REACH_TIMEOUT, REQUEST_TIMEOUT};
use crate::roots::Roots;
use crate::status::NetStatus;
use crate::streams::{Question, Stream};

/// SHA2-256 in the multihash table.
const SHA2_256: u64 = 0x12;

/// Speaks to the network task. Cheap to clone; the task ends with [`NetHandle::shutdown`] or with the last handle.
///
/// Calls without `async` hand over and return at once. Should the task ever lag behind by
/// [`crate::limits::COMMANDS_MAX`] of them, further ones are dropped, logged and counted (`commands_dropped`).
#[derive(Clone, Debug)]
pub struct NetHandle {
    peer_id: PeerId,
    commands: mpsc::Sender<Command>,
    fetches: Arc<Semaphore>,
    counters: Arc<Counters>,
    roots: Arc<Roots>,
}

impl NetHandle {
    pub(crate) fn new(
        peer_id: PeerId,
        commands: mpsc::Sender<Command>,
        counters: Arc<Counters>,
        roots: Arc<Roots>,
    ) -> Self {
        Self { peer_id, commands, fetches: Arc::new(Semaphore::new(FETCHES_MAX)), counters, roots }
    }

    /// Our own peer id.
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Gossips a message to the network. Best effort: with no peer around it is gone, and identical bytes are sent
    /// once a minute only. Messages over [`GOSSIP_BYTES_MAX`] (with libp2p's envelope, some 200 bytes) are dropped.
    pub fn publish(&self, data: Bytes) {
        if data.len() > GOSSIP_BYTES_MAX {
            tracing::error!(len = data.len(), max = GOSSIP_BYTES_MAX, "gossip message too large, not sent");
            return count(&self.counters.gossip_unsent);
        }
        self.send(Command::Publish(data));
    }

    /// Judges a gossip message. One that gets no verdict within [`crate::limits::VERDICT_TIMEOUT`] is ignored.
    pub fn verdict(&self, token: GossipToken, verdict: Verdict) {
        self.send(Command::Verdict(token, verdict));
    }

    /// Asks a peer and waits for the answer. Connects first if need be: by known addresses, else by asking the DHT.
    /// Takes at most [`REACH_TIMEOUT`] and [`REQUEST_TIMEOUT`] together.
    pub async fn request(&self, peer: PeerId, stream: Stream, data: Bytes) -> Result<Bytes, RequestError> {
        let max = stream.request_bytes_max();
        if data.len() > max {
            return Err(RequestError::TooLarge { len: data.len(), max });
        }
        let (answer, answered) = oneshot::channel();
        let question = Question { peer, stream, data, answer };
        self.commands.send(Command::Ask(question)).await.map_err(|_| RequestError::Closed)?;
        let patience = REACH_TIMEOUT + REQUEST_TIMEOUT;
        match timeout(patience, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(RequestError::Closed),
            Err(_) => Err(RequestError::Timeout(patience)),
        }
    }

    /// Answers a request. An answer longer than the stream allows is dropped, and the request with it.
    pub fn reply(&self, token: ReplyToken, data: Bytes) {
        let max = token.stream.response_bytes_max();
        if data.len() > max {
            tracing::error!(
                stream = token.stream.protocol(),
                len = data.len(),
                max,
                "answer too large, not sent"
            );
            return;
        }
        self.send(Command::Reply(token, data));
    }

    /// Fetches a block by bitswap: from the hinted peers first, then from those connected, then from whom the DHT
    /// names. The bytes match the CID's hash. Equal CIDs are fetched once; [`FETCHES_MAX`] are fetched at a time and
    /// others wait, within their own timeout.
    pub async fn fetch(&self, cid: Cid, hints: Vec<PeerId>, patience: Duration) -> Result<Bytes, FetchError> {
        if cid.hash().code() != SHA2_256 || cid.hash().size() != 32 {
            return Err(FetchError::UnsupportedHash);
        }
        let deadline = Instant::now() + patience;
        let not_found = || FetchError::NotFound(patience);
        let turn = timeout_at(deadline, self.fetches.acquire()).await.map_err(|_| not_found())?;
        let _turn = turn.map_err(|_| FetchError::Closed)?;
        let (block, fetched) = oneshot::channel();
        let command = Command::Fetch { cid, hints, block };
        self.commands.send(command).await.map_err(|_| FetchError::Closed)?;
        match timeout_at(deadline, fetched).await {
            Ok(Ok(data)) => Ok(data),
            Ok(Err(_)) => Err(FetchError::Closed),
            Err(_) => Err(not_found()),
        }
    }

    /// Publishes a provider record for a root and renews it, within a tick. Roles that do not provide ignore it. At
    /// most [`crate::limits::PROVIDED_KEYS_MAX`] are provided; those beyond are logged and counted (`roots_refused`).
    pub fn provide(&self, cid: Cid) {
        self.set_root(cid, true);
    }

    /// No longer renews a provider record; copies at other peers expire by themselves.
    pub fn stop_providing(&self, cid: Cid) {
        self.set_root(cid, false);
    }

    fn set_root(&self, cid: Cid, provided: bool) {
        if !self.roots.set(cid, provided) {
            count(&self.counters.roots_refused);
            tracing::error!(%cid, "too many roots wait for the network task: this one was dropped");
        }
    }

    /// Tells that the block source holds these blocks now: peers that still wait for them get them.
    pub fn blocks_added(&self, cids: Vec<Cid>) {
        if !cids.is_empty() {
            self.send(Command::BlocksAdded(cids));
        }
    }

    /// Asks the DHT who provides a CID. Empty when nobody was found, or when the task has ended.
    pub async fn find_providers(&self, cid: Cid) -> Vec<PeerId> {
        let (providers, found) = oneshot::channel();
        if self.commands.send(Command::FindProviders(cid, providers)).await.is_err() {
            return Vec::new();
        }
        found.await.unwrap_or_default()
    }

    /// Connects to an address, with or without `/p2p/<peer id>` at its end.
    pub fn dial(&self, addr: Multiaddr) {
        self.send(Command::Dial(addr));
    }

    /// How things stand; `None` once the task has ended.
    pub async fn status(&self) -> Option<NetStatus> {
        let (status, told) = oneshot::channel();
        self.commands.send(Command::Status(status)).await.ok()?;
        told.await.ok()
    }

    /// Closes all connections and ends the task. Further calls do nothing or fail with `Closed`.
    pub async fn shutdown(&self) {
        let (done, ended) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).await.is_ok() {
            let _ended = ended.await;
        }
    }

    fn send(&self, command: Command) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(command) {
            count(&self.counters.commands_dropped);
            tracing::warn!("the network task lags behind: a command was dropped");
        }
    }
}
