//! Who answers how often.

/// A design of one job: two regions, and so many operators and repeats in each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Design {
    pub(super) name: &'static str,
    /// Operators a side.
    pub(super) operators: u32,
    /// Answers of one to a prompt.
    pub(super) repeats: u32,
    /// Whether the same ones stand on both sides.
    pub(super) crossed: bool,
}

/// From what a small network has to what it takes to speak beyond its executors.
pub(super) const DESIGNS: [Design; 7] = [
    Design { name: "2+2 answers", operators: 2, repeats: 1, crossed: false },
    Design { name: "4+4 answers", operators: 2, repeats: 2, crossed: false },
    Design { name: "6+6 answers", operators: 3, repeats: 2, crossed: false },
    Design { name: "8+8 answers", operators: 4, repeats: 2, crossed: false },
    Design { name: "6 crossed x 2", operators: 6, repeats: 2, crossed: true },
    Design { name: "6+6 operators", operators: 6, repeats: 1, crossed: false },
    Design { name: "10 crossed", operators: 10, repeats: 1, crossed: true },
];

impl Design {
    /// Answers a side.
    pub(super) fn answers(&self) -> usize {
        (self.operators * self.repeats) as usize
    }

    /// Whether it has the operators that it takes to speak beyond them, in a family of 12.
    pub(super) fn speaks_beyond(&self) -> bool {
        self.operators >= if self.crossed { 9 } else { 6 }
    }
}
