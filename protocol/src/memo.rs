//! Signatures that held before: verifying them again would come to the same.
//!
//! The same cosignature reaches a node by gossip, by heads, in answers and in certs, a dozen times and
//! more. A memo is no state: what it answers does not depend on what it holds, only how long that
//! takes. Only what held is kept, so nobody fills it with rubbish.

use crate::hash::sha256;
use crate::id::{Hash, Signature};
use crate::keys::{KeyError, PublicKey};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Entries of each generation of a node's memo: 2 MiB in all, an hour of a committee of 22 with a
/// hundred executors.
const ENTRIES_MAX: usize = 1 << 14;

/// What was verified before. Clones share one memory.
#[derive(Clone, Debug)]
pub struct Memo {
    entries_max: usize,
    held: Arc<Mutex<Generations>>,
}

/// Two generations: when the newer one is full, the older one is dropped.
#[derive(Debug, Default)]
struct Generations {
    new: BTreeSet<Hash>,
    old: BTreeSet<Hash>,
}

impl Default for Memo {
    fn default() -> Self {
        Self::with_capacity(ENTRIES_MAX)
    }
}

impl Memo {
    /// A memo of so many signatures in each of two generations.
    pub fn with_capacity(entries_max: usize) -> Self {
        Self { entries_max, held: Arc::default() }
    }

    /// Verifies strictly, unless the very same bytes held before.
    pub fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let id = sha256(&[&key.to_bytes()[..], &signature.0, message].concat());
        if self.knows(&id) {
            return Ok(());
        }
        key.verify(message, signature)?;
        self.remember(id);
        Ok(())
    }

    fn knows(&self, id: &Hash) -> bool {
        self.held.lock().is_ok_and(|held| held.new.contains(id) || held.old.contains(id))
    }

    fn remember(&self, id: Hash) {
        let Ok(mut held) = self.held.lock() else { return };
        if held.new.len() >= self.entries_max {
            held.old = std::mem::take(&mut held.new);
        }
        held.new.insert(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::LogKey;

    #[test]
    fn only_the_very_same_bytes_are_taken_as_known() {
        let key = LogKey::from_seed(&[1; 32]);
        let other = LogKey::from_seed(&[2; 32]);
        let signature = key.sign(b"a");
        let memo = Memo::default();
        assert!(memo.verify(&key.public(), b"a", &signature).is_ok());
        assert!(memo.verify(&key.public(), b"a", &signature).is_ok());
        assert!(memo.verify(&key.public(), b"b", &signature).is_err());
        assert!(memo.verify(&other.public(), b"a", &signature).is_err());
        assert!(memo.verify(&key.public(), b"a", &other.sign(b"a")).is_err());
    }

    #[test]
    fn a_memo_is_bounded_and_forgets_the_oldest() {
        let key = LogKey::from_seed(&[1; 32]);
        let memo = Memo::with_capacity(4);
        for i in 0..100u8 {
            assert!(memo.verify(&key.public(), &[i], &key.sign(&[i])).is_ok());
            let held = memo.held.lock().unwrap();
            assert!(held.new.len() <= 4 && held.old.len() <= 4);
        }
    }
}
