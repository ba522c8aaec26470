//! Every domain label of the protocol, in one table: nothing is hashed or signed without one.
//!
//! Checkpoints and cosignatures carry the labels of their C2SP formats instead (the origin line and
//! `cosignature/v1`); Merkle hashing carries RFC 6962's prefixes.

/// What a labelled hash or signature is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    /// A key of a keyset vouches for the whole keyset.
    Keyset,
    /// A commit to a slot's receipts.
    Commit,
    /// The seed of a job's assignment.
    AssignSeed,
    /// The rank of an executor for a slot.
    AssignRank,
    /// The rank of an operator for a target.
    OperatorRank,
    /// The order in which a slot's cells are executed.
    CellOrder,
    /// The bytes of a request to a model.
    Request,
    /// Where an open model's draws for one cell come from.
    CellSeed,
    /// Where the splits of a comparison come from.
    DrawSplits,
}

impl Label {
    /// All labels: for the test that they differ.
    pub const ALL: [Label; 9] = [
        Label::Keyset,
        Label::Commit,
        Label::AssignSeed,
        Label::AssignRank,
        Label::OperatorRank,
        Label::CellOrder,
        Label::Request,
        Label::CellSeed,
        Label::DrawSplits,
    ];

    /// The text that is hashed, followed by a NUL byte.
    pub fn text(self) -> &'static str {
        match self {
            Label::Keyset => "vantage/keyset/v1",
            Label::Commit => "vantage/commit/v1",
            Label::AssignSeed => "vantage/assign-seed/v1",
            Label::AssignRank => "vantage/assign-rank/v1",
            Label::OperatorRank => "vantage/operator-rank/v1",
            Label::CellOrder => "vantage/cell-order/v2",
            Label::Request => "vantage/request/v1",
            Label::CellSeed => "vantage/cell-seed/v1",
            Label::DrawSplits => "vantage/draw-splits/v1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct_and_hold_no_nul() {
        for (i, a) in Label::ALL.iter().enumerate() {
            assert!(!a.text().contains('\0'));
            for b in &Label::ALL[i + 1..] {
                assert_ne!(a.text(), b.text());
            }
        }
    }
}
