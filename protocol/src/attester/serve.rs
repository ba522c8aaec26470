//! Answers to what peers ask about logs and certs.

use super::step::Step;
use super::{Attester, Effect, Token};
use crate::id::NodeId;
use crate::log::SignedCheckpoint;
use crate::message::{CertsAnswer, CertsRequest, LogAnswer, LogRequest};
use crate::params::RANGE_LEAVES_MAX;
use crate::wire;
use serde_bytes::ByteBuf;
use std::ops::Bound;

/// Bytes of heads or leaves in one answer: leaves room below the stream's limit of 2 MiB.
const ANSWER_BYTES_MAX: usize = 3 * 512 * 1024;

impl Attester {
    /// Answers a request on the log stream; what cannot be read is answered with `unknown`.
    pub(super) fn log_asked(&mut self, step: &mut Step<'_>, token: Token, bytes: &[u8]) {
        let answer = match wire::decode::<LogRequest>(bytes) {
            Ok(LogRequest::Heads { net, after }) if net == self.net => self.heads_held(after),
            Ok(LogRequest::Range { net, node, start, count }) if net == self.net => {
                self.range_held(&node, start, count).unwrap_or(LogAnswer::Unknown)
            }
            Ok(LogRequest::Longest { net, node }) if net == self.net => self.longest_seen(&node),
            Ok(LogRequest::Head { net, node, index, by_s }) if net == self.net => {
                let log = self.logs.get(&node);
                let head = log.and_then(|log| log.certifying(index, self.policy.quorum(), by_s));
                head.map_or(LogAnswer::Unknown, |head| LogAnswer::Head { note: head.signed.to_note() })
            }
            _ => LogAnswer::Unknown,
        };
        step.out.push(Effect::Reply { token, bytes: wire::encode(&answer) });
    }

    /// A witness that has started anew knows the size that it cosigned, but not the head any more.
    fn longest_seen(&self, node: &NodeId) -> LogAnswer {
        let log = self.logs.get(node);
        let pending = log.and_then(|log| log.pending.as_ref());
        let held = log.and_then(|log| log.longest_head()).map(|head| &head.signed);
        let longest = pending.into_iter().chain(held).max_by_key(|head| head.checkpoint.size);
        LogAnswer::Longest {
            note: longest.map(SignedCheckpoint::to_note),
            witnessed: log.and_then(|log| log.witnessed).map_or(0, |(size, _)| size),
        }
    }

    fn heads_held(&self, after: Option<NodeId>) -> LogAnswer {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let (mut heads, mut bytes, mut more) = (Vec::new(), 0, false);
        for log in self.logs.range((from, Bound::Unbounded)).map(|(_, log)| log) {
            let (Some(head), Some(leaf0)) = (log.best_head(), log.entry(0)) else { continue };
            let note = head.signed.to_note();
            bytes += note.len() + leaf0.bytes.len() + 16;
            if bytes > ANSWER_BYTES_MAX {
                more = true;
                break;
            }
            heads.push((note, ByteBuf::from(leaf0.bytes.clone())));
        }
        LogAnswer::Heads { heads, more }
    }

    fn range_held(&self, node: &NodeId, start: u64, count: u32) -> Option<LogAnswer> {
        let log = self.logs.get(node)?;
        let head = log.best_head()?;
        let end = start
            .saturating_add(u64::from(count).min(RANGE_LEAVES_MAX as u64))
            .min(head.signed.checkpoint.size);
        let (mut leaves, mut bytes) = (Vec::new(), 0);
        for entry in (start..end).map_while(|i| log.entry(i)) {
            bytes += entry.bytes.len() + 8;
            if bytes > ANSWER_BYTES_MAX {
                break;
            }
            leaves.push(ByteBuf::from(entry.bytes.clone()));
        }
        Some(LogAnswer::Range { note: head.signed.to_note(), leaves })
    }

    /// Answers a request on the certs stream.
    pub(super) fn certs_asked(&mut self, step: &mut Step<'_>, token: Token, bytes: &[u8]) {
        let found = wire::decode::<CertsRequest>(bytes)
            .ok()
            .filter(|request| request.net == self.net)
            .and_then(|request| self.bundle_of(step, &request.content));
        let (bundle, certs) = found.map_or((None, None), |(b, c)| (Some(b), Some(c)));
        step.out.push(Effect::Reply { token, bytes: wire::encode(&CertsAnswer { bundle, certs }) });
    }
}
