//! Requests of ours: waiting for a connection, then for an answer.

use std::collections::HashMap;

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response::{OutboundFailure, OutboundRequestId};
use tokio::sync::oneshot;

use super::{Frame, Stream};
use crate::error::RequestError;
use crate::limits::{REQUEST_TIMEOUT, REQUESTS_OUTBOUND_MAX};

/// A request and where its answer goes.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) peer: PeerId,
    pub(crate) stream: Stream,
    pub(crate) data: Bytes,
    pub(crate) answer: oneshot::Sender<Result<Bytes, RequestError>>,
}

impl Question {
    fn fail(self, error: RequestError) {
        let _gone = self.answer.send(Err(error));
    }
}

/// All requests of ours, bounded.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    waiting: HashMap<PeerId, Vec<Question>>,
    sent: HashMap<(Stream, OutboundRequestId), oneshot::Sender<Result<Bytes, RequestError>>>,
}

impl Outbound {
    /// Lets a question through if there is room, else refuses it.
    pub(crate) fn admit(&self, question: Question) -> Option<Question> {
        if self.len() >= REQUESTS_OUTBOUND_MAX {
            question.fail(RequestError::Busy);
            return None;
        }
        Some(question)
    }

    /// Keeps a question until its peer is connected. Refuses it when full.
    pub(crate) fn wait(&mut self, question: Question) {
        if let Some(question) = self.admit(question) {
            self.waiting.entry(question.peer).or_default().push(question);
        }
    }

    /// The questions for a peer that is connected now.
    pub(crate) fn take(&mut self, peer: &PeerId) -> Vec<Question> {
        self.waiting.remove(peer).unwrap_or_default()
    }

    /// Remembers who waits for the answer to a request that was sent.
    pub(crate) fn sent(
        &mut self,
        stream: Stream,
        id: OutboundRequestId,
        answer: oneshot::Sender<Result<Bytes, RequestError>>,
    ) {
        self.sent.insert((stream, id), answer);
    }

    /// The answer came.
    pub(crate) fn answered(&mut self, stream: Stream, id: OutboundRequestId, frame: Frame) {
        if let Some(answer) = self.sent.remove(&(stream, id)) {
            let _gone = answer.send(Ok(frame.data));
        }
    }

    /// No answer will come.
    pub(crate) fn failed(
        &mut self,
        stream: Stream,
        id: OutboundRequestId,
        peer: PeerId,
        why: OutboundFailure,
    ) {
        if let Some(answer) = self.sent.remove(&(stream, id)) {
            let _gone = answer.send(Err(blame(stream, peer, why)));
        }
    }

    /// The peer could not be reached.
    pub(crate) fn unreachable(&mut self, peer: &PeerId, error: &RequestError) {
        for question in self.take(peer) {
            question.fail(error.clone());
        }
    }

    /// Forgets questions nobody waits for any more.
    pub(crate) fn sweep(&mut self) {
        self.waiting.retain(|_, questions| {
            questions.retain(|q| !q.answer.is_closed());
            !questions.is_empty()
        });
    }

    fn len(&self) -> usize {
        self.sent.len() + self.waiting.values().map(Vec::len).sum::<usize>()
    }
}

/// Whose fault a failure is.
fn blame(stream: Stream, peer: PeerId, why: OutboundFailure) -> RequestError {
    match why {
        OutboundFailure::DialFailure => RequestError::Unreachable(peer),
        OutboundFailure::Timeout => RequestError::Timeout(REQUEST_TIMEOUT),
        OutboundFailure::UnsupportedProtocols => RequestError::Unsupported(stream.protocol()),
        OutboundFailure::ConnectionClosed => RequestError::Refused("the connection closed".to_owned()),
        OutboundFailure::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            RequestError::Refused("the stream closed without an answer".to_owned())
        }
        OutboundFailure::Io(e) => RequestError::Refused(e.to_string()),
    }
}
