//! What a witness holds of the attacker's log.
//!
//! A head is written as its whole list of leaves, so "extends" is "starts with" and the attacker's tree of branches needs
//! no state of its own. Everything is small and `Copy`: the large configurations keep tens of millions of these.

/// The longest log of any configuration, in leaves.
pub const LEAVES_MAX: usize = 3;
/// The most logs an attacker runs in any configuration.
pub const LOGS_MAX: usize = 2;

/// What a leaf says about its pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A commit to content of the attacker's own.
    Own,
    /// A commit to other content of its own.
    Other,
    /// A commit to what the honest executor has revealed: possible only afterwards.
    Copied,
    /// A decline.
    Decline,
}

/// A statement of the attacker: the (slot, executor) pair it names, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Leaf {
    /// Index of the pair.
    pub pair: u8,
    /// What is said.
    pub kind: Kind,
}

/// How a witness has cosigned one size of a log. A later cosignature of the same head never hides the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signed {
    /// Not at this size.
    No,
    /// Dated up to the deadline.
    OnTime,
    /// Dated after the deadline.
    Late,
}

/// A list of leaves: a head, or what is appended to one.
pub type Leaves = [Option<Leaf>; LEAVES_MAX];

/// One branch of a log as one witness holds it: the leaves, and how each size was cosigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Branch([Option<(Leaf, Signed)>; LEAVES_MAX]);

impl Branch {
    /// Leaves held.
    pub fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }

    /// Whether nothing is held yet.
    pub fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    /// The leaf at index 0.
    pub fn first(&self) -> Option<Leaf> {
        self.0[0].map(|(leaf, _)| leaf)
    }

    /// Appends `leaves` and cosigns the size reached, and none in between.
    pub fn extend(&mut self, leaves: &Leaves, dated: Signed) {
        let mut end = self.len();
        for leaf in leaves.iter().flatten() {
            self.0[end] = Some((*leaf, Signed::No));
            end += 1;
        }
        if let Some((_, signed)) = &mut self.0[end - 1] {
            *signed = dated;
        }
    }

    /// The heads this witness has cosigned: those dated on time, or all of them.
    pub fn heads(self, on_time_only: bool) -> impl Iterator<Item = Leaves> {
        let counts = move |signed| signed == Signed::OnTime || (!on_time_only && signed == Signed::Late);
        let cosigned = move |size: &usize| self.0[size - 1].is_some_and(|(_, signed)| counts(signed));
        (1..=self.len()).filter(cosigned).map(move |size| {
            let mut head: Leaves = [None; LEAVES_MAX];
            for (to, from) in head.iter_mut().zip(self.0).take(size) {
                *to = from.map(|(leaf, _)| leaf);
            }
            head
        })
    }
}

/// An honest witness: whether its clock has passed the deadline, and the branch it holds of each log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Witness {
    /// Its dates are after the deadline from now on, in all logs.
    pub late: bool,
    /// Its branch of each log of the attacker.
    pub branches: [Branch; LOGS_MAX],
}

/// Every list of 1 to `longest` leaves over `alphabet`.
pub fn lists(alphabet: &[Leaf], longest: usize) -> Vec<Leaves> {
    let mut all = vec![[None; LEAVES_MAX]];
    let mut from = 0;
    for end in 0..longest {
        let upto = all.len();
        for shorter in from..upto {
            for leaf in alphabet {
                let mut longer = all[shorter];
                longer[end] = Some(*leaf);
                all.push(longer);
            }
        }
        from = upto;
    }
    all.split_off(1)
}
