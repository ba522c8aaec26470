//! The committee as the models see it: how many there are, how many of them are faulty, how many make a quorum.

/// Members, faulty members and quorum size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committee {
    /// All members, n.
    pub members: usize,
    /// Members that do whatever helps the attack.
    pub faulty: usize,
    /// Signatures of different members that certify, q.
    pub quorum: usize,
}

impl Committee {
    /// The committee of `members` with as many faulty ones as the protocol tolerates: f = floor((n-1)/3), q = floor(2n/3)+1
    /// (PROTOCOL section 1).
    pub const fn of(members: usize) -> Self {
        Committee { members, faulty: (members - 1) / 3, quorum: 2 * members / 3 + 1 }
    }

    /// Members that follow the protocol.
    pub const fn honest(&self) -> usize {
        self.members - self.faulty
    }

    /// Whether these honest signers, with all the help faulty members can give, show a quorum.
    pub const fn reached(&self, honest_signers: usize) -> bool {
        honest_signers + self.faulty >= self.quorum
    }
}
