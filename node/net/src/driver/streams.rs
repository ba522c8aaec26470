//! Questions to peers and answers to theirs.

use bytes::Bytes;
use libp2p::request_response::{Event, Message};

use super::Driver;
use crate::counters::count;
use crate::event::{NetEvent, ReplyToken};
use crate::streams::{self, Frame, Question, Stream};

impl Driver {
    /// Asks a peer now if it is connected, else once it is.
    pub(super) fn ask(&mut self, question: Question) {
        let peer = question.peer;
        if self.swarm.is_connected(&peer) {
            return self.ask_connected(question);
        }
        self.outbound.wait(question);
        self.reach(peer);
    }

    pub(super) fn ask_connected(&mut self, question: Question) {
        let Some(Question { peer, stream, data, answer }) = self.outbound.admit(question) else { return };
        let id = self.swarm.behaviour_mut().stream(stream).send_request(&peer, data.into());
        self.outbound.sent(stream, id, answer);
        count(&self.counters.requests_sent);
    }

    pub(super) fn reply(&mut self, token: ReplyToken, data: Bytes) {
        let behaviour = self.swarm.behaviour_mut().stream(token.stream);
        if behaviour.send_response(token.channel, data.into()).is_err() {
            tracing::debug!(stream = token.stream.protocol(), "answer too late: the peer is gone");
        }
    }

    pub(super) fn on_stream_event(&mut self, stream: Stream, event: streams::Event) {
        match event {
            Event::Message { peer, message: Message::Request { request_id, request, channel }, .. } => {
                if !self.inbound.admit(stream, request_id, peer, self.requests_per_peer_max) {
                    return count(&self.counters.requests_refused);
                }
                let Frame { data, permit } = request;
                let reply = ReplyToken { stream, channel, _permit: permit };
                let told = self.tell(NetEvent::Request { stream, peer, data, reply });
                count(if told { &self.counters.requests_received } else { &self.counters.requests_refused });
            }
            Event::Message { message: Message::Response { request_id, response }, .. } => {
                self.outbound.answered(stream, request_id, response);
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                tracing::debug!(%peer, stream = stream.protocol(), %error, "request failed");
                count(&self.counters.requests_failed);
                self.outbound.failed(stream, request_id, peer, error);
            }
            Event::InboundFailure { peer, request_id, error, .. } => {
                tracing::debug!(%peer, stream = stream.protocol(), %error, "inbound request failed");
                self.inbound.done(stream, request_id);
            }
            Event::ResponseSent { request_id, .. } => self.inbound.done(stream, request_id),
        }
    }
}
