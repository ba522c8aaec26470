//! What the caller wants provided or no longer provided, on its way to the network task.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cid::Cid;

use crate::limits::PROVIDED_KEYS_MAX;

/// Changes that the task has not taken yet, the latest of each root. A restart names all roots in one go, more than
/// fit into the queue of commands, and none of them may get lost.
#[derive(Debug, Default)]
pub(crate) struct Roots(Mutex<HashMap<Cid, bool>>);

impl Roots {
    /// Provide it from now on, or no longer. `false` if there is no room: twice as many as may be provided wait.
    pub(crate) fn set(&self, cid: Cid, provided: bool) -> bool {
        let mut changes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = changes.len() < 2 * PROVIDED_KEYS_MAX || changes.contains_key(&cid);
        if room {
            changes.insert(cid, provided);
        }
        room
    }

    /// Takes all changes.
    pub(crate) fn take(&self) -> HashMap<Cid, bool> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use multihash::Multihash;

    use super::*;

    fn cid(number: usize) -> Cid {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        Cid::new_v1(0x55, Multihash::wrap(0x12, &digest).unwrap())
    }

    #[test]
    fn all_roots_of_a_restart_arrive_and_the_last_word_on_each_counts() {
        let roots = Roots::default();
        let many = 2 * PROVIDED_KEYS_MAX;
        assert!((0..many).all(|number| roots.set(cid(number), true)));
        assert!(!roots.set(cid(many), true), "no room");
        assert!(roots.set(cid(0), false), "known already");
        let taken = roots.take();
        assert_eq!((taken.len(), taken[&cid(0)], taken[&cid(1)]), (many, false, true));
        assert!(roots.take().is_empty());
    }
}
