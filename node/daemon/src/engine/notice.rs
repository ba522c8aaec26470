//! What the core wants people to know: one line in the log, and the latest ones kept for `status`.

use crate::clock;
use std::collections::{BTreeSet, VecDeque};
use vantage_api::{NOTICES_MAX, NoticeView};
use vantage_protocol::attester::Notice;
use vantage_protocol::id::NodeId;

/// Forked logs that are remembered. A guess: more than a network has nodes whose operators can be asked.
const FORKS_MAX: usize = 256;

/// The latest notices.
#[derive(Debug, Default)]
pub(super) struct Notices {
    latest: VecDeque<NoticeView>,
    /// Nodes whose logs have shown heads that exclude each other.
    forks: BTreeSet<NodeId>,
}

impl Notices {
    /// Logs a notice and keeps it.
    pub(super) fn take(&mut self, notice: &Notice) {
        let text = text(notice);
        if let Notice::Fork { node } = notice
            && self.forks.len() < FORKS_MAX
        {
            self.forks.insert(*node);
        }
        match notice {
            Notice::LostOwnLog { .. } | Notice::Fork { .. } => tracing::error!("{text}"),
            Notice::ClockAhead { .. }
            | Notice::JobRefused { .. }
            | Notice::Restored { .. }
            | Notice::NoBundle { .. } => {
                tracing::warn!("{text}")
            }
            _ => tracing::info!("{text}"),
        }
        self.keep(text);
    }

    /// Logs something of the shell's own and keeps it.
    pub(super) fn say(&mut self, good: bool, text: String) {
        if good {
            tracing::info!("{text}");
        } else {
            tracing::warn!("{text}");
        }
        self.keep(text);
    }

    fn keep(&mut self, text: String) {
        // A notice that is repeated every second must not push out the others.
        self.latest.retain(|kept| kept.text != text);
        if self.latest.len() >= NOTICES_MAX {
            self.latest.pop_front();
        }
        self.latest.push_back(NoticeView { at_ms: clock::now_ms(), text });
    }

    /// Whose logs have forked, as far as this process has seen it: that is so for good, and stands however much else is
    /// noticed.
    pub(super) fn forks(&self) -> Vec<NodeId> {
        self.forks.iter().copied().collect()
    }

    /// Oldest first.
    pub(super) fn views(&self) -> Vec<NoticeView> {
        self.latest.iter().cloned().collect()
    }
}

fn text(notice: &Notice) -> String {
    match notice {
        Notice::JobSeen { job } => format!("job {}: certified, this node follows it", job.short()),
        Notice::JobRefused { job, why } => {
            format!("job {}: cannot be worked on: {}", job.short(), plain(why))
        }
        Notice::Said { index, typ, job } => match job {
            Some(job) => format!("job {}: said {typ}, leaf {index} of this node's log", job.short()),
            None => format!("said {typ}, leaf {index} of this node's log"),
        },
        Notice::Outcome { job, sealed, content } => {
            let outcome = if *sealed { "SEALED" } else { "BOUNDED" };
            match content {
                Some(content) => format!("job {}: {outcome}, content {content}", job.short()),
                None => format!("job {}: {outcome}", job.short()),
            }
        }
        Notice::NoBundle { job, why } => {
            format!(
                "job {}: it has an outcome, and this node can publish no bundle: {}",
                job.short(),
                plain(why)
            )
        }
        Notice::Fork { node } => {
            format!("the log of {} shows two heads that exclude each other", node.short())
        }
        Notice::LostOwnLog { seen, held } => format!(
            "peers have seen {seen} leaves of this node's log and it holds {held}: an old backup was restored or the disk \
             lost data; this node signs nothing any more. Restore the newest data directory, or start a new node"
        ),
        Notice::Restored { needed } => format!(
            "this is a restored backup: nothing is signed before {needed} members have told how long this node's log is"
        ),
        Notice::Vouched { heard } => {
            format!("{heard} members hold no longer log of this node: it signs again")
        }
        Notice::ClockAhead { ahead_s } => {
            format!(
                "this node's clock is {ahead_s} s ahead of the committee's: it does not cosign; set the clock"
            )
        }
    }
}

/// Text that may have come from a stranger, fit for a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_stands_when_its_notice_is_long_gone() {
        let mut notices = Notices::default();
        let forked = NodeId([7; 32]);
        notices.take(&Notice::Fork { node: forked });
        for n in 0..=NOTICES_MAX {
            notices.say(true, format!("something else, {n}"));
        }
        assert!(!notices.views().iter().any(|view| view.text.contains("exclude")));
        notices.take(&Notice::Fork { node: forked });
        assert_eq!(notices.forks(), [forked]);
        for n in 0..FORKS_MAX as u32 + 9 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            notices.take(&Notice::Fork { node: NodeId(id) });
        }
        assert_eq!(notices.forks().len(), FORKS_MAX);
    }
}
