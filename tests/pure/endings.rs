//! The words with which servers say how an answer ended: PROTOCOL.md and the code list the same.

use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::finish::{Ending, words};
use vantage_protocol::request::Adapter;

const PROTOCOL: &str = include_str!("../../docs/PROTOCOL.md");
/// The columns of the table, after the adapter's name.
const COLUMNS: [Ending; 6] =
    [Ending::Whole, Ending::Cut, Ending::Withheld, Ending::ToolCall, Ending::Torn, Ending::Unknown];

/// Cells of a row.
fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_page_lists_the_words_that_the_code_knows() {
    let start = PROTOCOL.find("#### How answers end").unwrap();
    let mut rows = PROTOCOL[start..].lines().skip_while(|line| !line.starts_with('|'));
    let head = cells(rows.next().unwrap());
    assert_eq!(head[1..], COLUMNS.map(Ending::word));
    let rows = rows.skip(1).take_while(|line| line.starts_with('|')).map(cells);
    let mut written: BTreeMap<&str, BTreeSet<(&str, Ending)>> = BTreeMap::new();
    for row in rows {
        let known = written.entry(row[0].trim_matches('`')).or_default();
        for (column, ending) in row[1..].iter().zip(COLUMNS) {
            for word in column.split_whitespace() {
                assert!(known.insert((word.trim_matches('`'), ending)), "{word} stands twice");
            }
        }
    }
    let known = |adapter: Adapter| (adapter.name(), words(adapter).iter().copied().collect());
    let coded: BTreeMap<&str, BTreeSet<(&str, Ending)>> = Adapter::ALL.into_iter().map(known).collect();
    assert_eq!(written, coded);
}
