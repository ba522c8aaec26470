//! Looking blocks up for others, away from the swarm's task, and packing them into messages.

use std::sync::Arc;

use bytes::Bytes;
use cid::Cid;
use futures::future::BoxFuture;
use libp2p::PeerId;

use super::message::{Message, Want};
use super::source::BlockSource;
use crate::limits::{BITSWAP_HAVE_BLOCK_BYTES_MAX, BITSWAP_REPLY_BYTES_MAX, BLOCK_BYTES_MAX};

/// A lookup under way.
pub(super) type LookUp = BoxFuture<'static, Findings>;

/// What was found for some wants of one peer.
#[derive(Debug)]
pub(super) struct Findings {
    /// Who asked.
    pub(super) peer: PeerId,
    /// Which of the peer's times with us: what was asked before a disconnect is not answered after it.
    pub(super) session: u64,
    /// Wants with what was found, in the order of the wants.
    pub(super) found: Vec<(Want, Found)>,
    /// Wants not looked at, because the reply is full.
    pub(super) rest: Vec<Want>,
}

/// What was found for one want.
#[derive(Debug)]
pub(super) enum Found {
    Block(Bytes),
    Have,
    Nothing,
}

/// Starts a lookup on a blocking thread. Ends with the first block that fills a message, and never makes more than
/// two messages.
pub(super) fn look_up(source: Arc<dyn BlockSource>, peer: PeerId, session: u64, wants: Vec<Want>) -> LookUp {
    let reading = tokio::task::spawn_blocking(move || {
        let (mut found, mut bytes) = (Vec::with_capacity(wants.len()), 0);
        let mut wants = wants.into_iter();
        while bytes < BITSWAP_REPLY_BYTES_MAX {
            let Some(want) = wants.next() else { break };
            let finding = look_up_one(source.as_ref(), &want);
            if let Found::Block(data) = &finding {
                bytes += data.len();
            }
            found.push((want, finding));
        }
        Findings { peer, session, found, rest: wants.collect() }
    });
    Box::pin(async move {
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the block source failed: a peer gets no answer");
            Findings { peer, session, found: Vec::new(), rest: Vec::new() }
        })
    })
}

fn look_up_one(source: &dyn BlockSource, want: &Want) -> Found {
    if want.have {
        match source.has(&want.cid) {
            None => return Found::Nothing,
            Some(len) if len > BITSWAP_HAVE_BLOCK_BYTES_MAX => return Found::Have,
            Some(_) => {}
        }
    }
    match source.get(&want.cid) {
        Some(data) if data.len() <= BLOCK_BYTES_MAX => Found::Block(data),
        Some(data) => {
            tracing::error!(cid = %want.cid, len = data.len(), "block too large for bitswap, not served");
            Found::Nothing
        }
        None => Found::Nothing,
    }
}

/// Packs blocks and presences into messages of at most [`BITSWAP_REPLY_BYTES_MAX`] of blocks each.
pub(super) fn pack(blocks: Vec<(Cid, Bytes)>, presences: Vec<(Cid, bool)>) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut open = Message { presences, ..Message::default() };
    let mut bytes = 0;
    for (cid, data) in blocks {
        if bytes > 0 && bytes + data.len() > BITSWAP_REPLY_BYTES_MAX {
            messages.push(std::mem::take(&mut open));
            bytes = 0;
        }
        bytes += data.len();
        open.blocks.push((cid, data));
    }
    if !open.is_empty() {
        messages.push(open);
    }
    messages
}

#[cfg(test)]
mod tests {
    use multihash::Multihash;

    use super::*;

    fn cid(number: u8) -> Cid {
        Cid::new_v1(0x55, Multihash::wrap(0x12, &[number; 32]).unwrap())
    }

    /// Holds a block of so many bytes under each even number.
    struct Even(usize);

    impl BlockSource for Even {
        fn get(&self, cid: &Cid) -> Option<Bytes> {
            let even = cid.hash().digest()[0].is_multiple_of(2);
            even.then(|| vec![0; self.0].into())
        }

        fn has(&self, cid: &Cid) -> Option<usize> {
            self.get(cid).map(|data| data.len())
        }
    }

    #[tokio::test]
    async fn a_lookup_stops_at_a_full_message() {
        let wants: Vec<_> = (0..20).map(|n| Want::block(cid(n))).collect();
        let source = Arc::new(Even(768 * 1024));
        let findings = look_up(source, PeerId::random(), 7, wants.clone()).await;
        assert_eq!(findings.found.len(), 5);
        assert_eq!(findings.rest, wants[5..]);
        assert!(matches!(findings.found[0].1, Found::Block(_)));
        assert!(matches!(findings.found[1].1, Found::Nothing));
    }

    #[tokio::test]
    async fn asking_for_presence_brings_a_small_block_and_word_of_a_large_one() {
        let wants = vec![Want::have(cid(0)), Want::have(cid(1))];
        for (len, small) in [(0, true), (1024, true), (1025, false), (768 * 1024, false)] {
            let findings = look_up(Arc::new(Even(len)), PeerId::random(), 7, wants.clone()).await;
            match &findings.found[0].1 {
                Found::Block(data) => assert_eq!((data.len(), small), (len, true)),
                Found::Have => assert!(!small, "{len}"),
                Found::Nothing => panic!("{len}"),
            }
            assert!(matches!(findings.found[1].1, Found::Nothing));
        }
    }

    #[test]
    fn replies_are_split() {
        let block = |n| (cid(n), Bytes::from(vec![0; 768 * 1024]));
        let messages = pack((0..5).map(block).collect(), vec![(cid(9), true)]);
        assert_eq!(messages.iter().map(|m| m.blocks.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(messages.iter().all(|m| m.block_bytes() <= BITSWAP_REPLY_BYTES_MAX));
        assert_eq!(messages[0].presences.len(), 1);
        assert!(pack(Vec::new(), Vec::new()).is_empty());
    }
}
