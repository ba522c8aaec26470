//! Two texts side by side, sentence by sentence, with the words that differ marked.

use vantage_protocol::compare::{DiffOp, Example, word_diff};

/// One row: what each side says there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The first side's words; nothing if the sentence is the second's alone.
    pub(super) first: Vec<Piece>,
    /// The second side's words.
    pub(super) second: Vec<Piece>,
    /// Answers of each region that hold the sentence; none where that was not counted.
    pub(super) held_by: Option<[u64; 2]>,
}

/// Some words of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Whether the other side does not have them there.
    pub(super) alone: bool,
    /// The words, as they came.
    pub(super) text: String,
}

impl Row {
    /// Whether only one side has the sentence.
    pub(super) fn is_alone(&self) -> bool {
        self.first.is_empty() != self.second.is_empty()
    }
}

/// The rows of an example: a sentence of each side a row, or all in one row where the sentences
/// were not set beside each other.
pub(super) fn rows(example: &Example) -> Vec<Row> {
    let text = |skip: fn(&DiffOp) -> bool| -> String {
        example.ops.iter().filter(|op| !skip(op)).map(DiffOp::text).collect()
    };
    let first = text(|op| matches!(op, DiffOp::Insert(_)));
    let second = text(|op| matches!(op, DiffOp::Delete(_)));
    if example.sentences.is_empty() {
        return vec![row(&example.ops, None)];
    }
    let (mut at, mut rows) = ([0_usize, 0], Vec::new());
    for sentence in &example.sentences {
        let ends = [at[0] + sentence.first_bytes as usize, at[1] + sentence.second_bytes as usize];
        let a = first.get(at[0]..ends[0]).unwrap_or_default();
        let b = second.get(at[1]..ends[1]).unwrap_or_default();
        rows.push(row(&word_diff(a, b).ops, Some(sentence.held_by)));
        at = ends;
    }
    rows
}

fn row(ops: &[DiffOp], held_by: Option<[u64; 2]>) -> Row {
    let side = |other: fn(&DiffOp) -> bool| {
        let own = ops.iter().filter(|op| !other(op));
        let piece =
            |op: &DiffOp| Piece { alone: !matches!(op, DiffOp::Equal(_)), text: op.text().to_owned() };
        let mut pieces: Vec<Piece> = own.map(piece).collect();
        if let Some(last) = pieces.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        pieces
    };
    Row {
        first: side(|op| matches!(op, DiffOp::Insert(_))),
        second: side(|op| matches!(op, DiffOp::Delete(_))),
        held_by,
    }
}
