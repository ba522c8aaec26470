//! Bitswap on one connection: reads what comes on any stream, writes one message after another on its own.
//!
//! A stream of ours carries what is queued and is closed then: js-libp2p resets streams that rest, and a message
//! written to a reset stream is lost without a word. Reading and hashing happen here, in the connection's own task.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{AsyncWriteExt, FutureExt, StreamExt};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionHandler, ConnectionHandlerEvent, Stream, StreamUpgradeError, SubstreamProtocol,
};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::message::Message;
use super::protocol::Versions;
use super::wire;
use crate::counters::{Counters, count};
use crate::limits::{BITSWAP_MESSAGE_BYTES_MAX, BITSWAP_UNASKED_BYTES_MAX};

/// Streams being read at once on a connection; beyond it new ones are reset. A guess: peers use one or two.
const INBOUND_STREAMS_MAX: usize = 64;
/// For how long after a want its answer may come, with the connection kept and large messages read. Wants that stay
/// open are repeated sooner.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(45);

/// How long the orderly end of a stream of ours may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// What the behaviour asks of a connection.
#[derive(Debug)]
pub(crate) struct Send(pub(crate) Message);

/// What a connection tells the behaviour.
#[derive(Debug)]
pub(crate) enum Told {
    /// A message came.
    Received(Message),
    /// The oldest message that was to be sent is out.
    Sent,
    /// The oldest message that was to be sent could not be.
    SendFailed,
    /// The peer does not speak bitswap.
    Unsupported,
}

type Reading = BoxFuture<'static, io::Result<Option<(Stream, Message)>>>;
type Writing = BoxFuture<'static, io::Result<Stream>>;

enum Output {
    Idle,
    Opening,
    Writing(Writing),
}

/// State of one connection.
pub(crate) struct Handler {
    queue: VecDeque<Message>,
    output: Output,
    closing: FuturesUnordered<BoxFuture<'static, ()>>,
    reading: FuturesUnordered<Reading>,
    told: VecDeque<Told>,
    budget: Arc<Semaphore>,
    expecting: Arc<Expectation>,
    counters: Arc<Counters>,
    waker: Option<Waker>,
}

/// Until when answers to our wants may come; shared with the streams being read.
struct Expectation {
    start: Instant,
    until_ms: AtomicU64,
}

impl Expectation {
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn renew(&self) {
        self.until_ms.store(self.elapsed_ms() + ANSWER_TIME.as_millis() as u64, Ordering::Relaxed);
    }

    fn holds(&self) -> bool {
        self.elapsed_ms() < self.until_ms.load(Ordering::Relaxed)
    }

    fn message_bytes_max(&self) -> usize {
        if self.holds() { BITSWAP_MESSAGE_BYTES_MAX } else { BITSWAP_UNASKED_BYTES_MAX }
    }
}

impl Handler {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        Self {
            queue: VecDeque::new(),
            output: Output::Idle,
            closing: FuturesUnordered::new(),
            reading: FuturesUnordered::new(),
            told: VecDeque::new(),
            budget: wire::read_budget(),
            expecting: Arc::new(Expectation { start: Instant::now(), until_ms: AtomicU64::new(0) }),
            counters,
            waker: None,
        }
    }

    fn read_next(&self, mut stream: Stream) {
        let (budget, expecting) = (Arc::clone(&self.budget), Arc::clone(&self.expecting));
        self.reading.push(Box::pin(async move {
            let message = wire::read(&mut stream, || expecting.message_bytes_max(), &budget).await?;
            Ok(message.map(|message| (stream, message)))
        }));
    }

    fn write_next(&mut self, mut stream: Stream) {
        let Some(message) = self.queue.pop_front() else {
            self.output = Output::Idle;
            self.closing.push(Box::pin(async move {
                let _late = timeout(CLOSE_TIMEOUT, stream.close()).await;
            }));
            return;
        };
        self.output = Output::Writing(Box::pin(async move {
            wire::write(&mut stream, &message).await?;
            Ok(stream)
        }));
    }

    /// The peer takes nothing more: what was queued fails, one report per message, so that the sender's count of
    /// messages on their way stays right.
    fn fail_queue(&mut self, also: usize) {
        let failed = self.queue.len() + also;
        self.queue.clear();
        self.told.extend((0..failed).map(|_| Told::SendFailed));
        self.output = Output::Idle;
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.output {
            Output::Writing(writing) => match writing.poll_unpin(cx) {
                Poll::Ready(Ok(stream)) => {
                    self.told.push_back(Told::Sent);
                    self.write_next(stream);
                    true
                }
                Poll::Ready(Err(error)) => {
                    tracing::debug!(%error, "bitswap message not sent");
                    self.fail_queue(1);
                    true
                }
                Poll::Pending => false,
            },
            Output::Idle | Output::Opening => false,
        }
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Option<Message> {
        while let Poll::Ready(Some(read)) = self.reading.poll_next_unpin(cx) {
            match read {
                Ok(Some((stream, message))) => {
                    self.read_next(stream);
                    return Some(message);
                }
                Ok(None) => {}
                Err(error) => {
                    if error.kind() == io::ErrorKind::InvalidData {
                        count(&self.counters.bitswap_refused);
                    }
                    tracing::debug!(%error, "bitswap stream closed");
                }
            }
        }
        None
    }
}

type Event = ConnectionHandlerEvent<Versions, (), Told>;

impl ConnectionHandler for Handler {
    type FromBehaviour = Send;
    type ToBehaviour = Told;
    type InboundProtocol = Versions;
    type OutboundProtocol = Versions;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Versions> {
        SubstreamProtocol::new(Versions, ())
    }

    fn connection_keep_alive(&self) -> bool {
        !self.queue.is_empty() || !matches!(self.output, Output::Idle) || self.expecting.holds()
    }

    fn on_behaviour_event(&mut self, Send(message): Send) {
        if message.wants.iter().any(|want| !want.cancel) {
            self.expecting.renew();
        }
        self.queue.push_back(message);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(told));
            }
            if self.poll_output(cx) {
                continue;
            }
            if matches!(self.output, Output::Idle) && !self.queue.is_empty() {
                self.output = Output::Opening;
                let protocol = SubstreamProtocol::new(Versions, ());
                return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
            }
            while let Poll::Ready(Some(())) = self.closing.poll_next_unpin(cx) {}
            match self.poll_input(cx) {
                Some(message) => self.told.push_back(Told::Received(message)),
                None => break,
            }
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Versions, Versions>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: mut stream, ..
            }) => {
                if self.reading.len() >= INBOUND_STREAMS_MAX {
                    return count(&self.counters.bitswap_refused);
                }
                stream.ignore_for_keep_alive();
                self.read_next(stream);
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: mut stream,
                ..
            }) => {
                stream.ignore_for_keep_alive();
                self.write_next(stream);
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                if matches!(error, StreamUpgradeError::NegotiationFailed) {
                    self.told.push_back(Told::Unsupported);
                }
                self.fail_queue(0);
            }
            _ => return,
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
