//! Numbers for the core in place of the network's tokens, which cannot be copied.

use std::collections::BTreeMap;
use vantage_net::{GossipToken, ReplyToken};
use vantage_protocol::attester::Token;

/// Requests that wait for an answer; beyond it the oldest is dropped, which closes its stream. The network's own bounds
/// are lower; a guess.
const REPLIES_MAX: usize = 1024;
/// Gossip that waits for a verdict; the core judges at once.
const GOSSIP_MAX: usize = 1024;

/// Tokens under way.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    next: Token,
    gossip: BTreeMap<Token, GossipToken>,
    replies: BTreeMap<Token, ReplyToken>,
}

impl Tokens {
    /// A number that was never used before.
    pub(super) fn fresh(&mut self) -> Token {
        self.next += 1;
        self.next
    }

    /// Enters a gossip message.
    pub(super) fn gossip(&mut self, token: GossipToken) -> Token {
        let number = self.fresh();
        enter(&mut self.gossip, number, token, GOSSIP_MAX);
        number
    }

    /// Enters a request.
    pub(super) fn reply(&mut self, token: ReplyToken) -> Token {
        let number = self.fresh();
        enter(&mut self.replies, number, token, REPLIES_MAX);
        number
    }

    /// Takes a gossip message out, once.
    pub(super) fn take_gossip(&mut self, number: Token) -> Option<GossipToken> {
        self.gossip.remove(&number)
    }

    /// Takes a request out, once.
    pub(super) fn take_reply(&mut self, number: Token) -> Option<ReplyToken> {
        self.replies.remove(&number)
    }
}

fn enter<T>(waiting: &mut BTreeMap<Token, T>, number: Token, token: T, max: usize) {
    if waiting.len() >= max {
        waiting.pop_first();
    }
    waiting.insert(number, token);
}
