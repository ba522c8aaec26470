//! A policy as it stands in a file (c2sp.org/tlog-policy): keys, and how many of them it takes. Order, blanks, comments
//! and line ends say nothing.

use super::KEYSETS_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};

/// How a comment with a keyset begins, after its `#`.
const KEYSET: &str = "keyset";
/// The quorum of a policy without witnesses: a word of the format.
const NONE: &str = "none";

/// What the lines say.
#[derive(Debug, Default)]
pub(in crate::cli::proof) struct Written<'a> {
    /// Verifier keys of logs.
    pub(super) logs: Vec<&'a str>,
    /// Verifier keys of witnesses, by the names they have in the file.
    witnesses: BTreeMap<&'a str, &'a str>,
    /// Threshold and members, by name.
    groups: BTreeMap<&'a str, (&'a str, Vec<&'a str>)>,
    quorum: Option<&'a str>,
    /// The bytes of keysets.
    pub(super) keysets: Vec<Vec<u8>>,
}

impl<'a> Written<'a> {
    /// Reads a file; an error names the line.
    pub(in crate::cli::proof) fn read(text: &'a str) -> Result<Self, String> {
        let mut written = Self::default();
        for (at, line) in text.lines().enumerate() {
            written.line(line.trim()).map_err(|why| format!("line {}: {why}", at + 1))?;
        }
        // a file that breaks off has none
        written.quorum()?;
        Ok(written)
    }

    fn line(&mut self, line: &'a str) -> Result<(), String> {
        if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.split_whitespace();
            if words.next() == Some(KEYSET) && self.keysets.len() <= KEYSETS_MAX {
                let keyset = STANDARD.decode(words.next().unwrap_or_default());
                self.keysets.push(keyset.map_err(|error| format!("the keyset is no base64: {error}"))?);
            }
            return Ok(());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let fresh =
            |taken: bool, name: &str| if taken { Err(format!("{name:?} stands twice")) } else { Ok(()) };
        match words.as_slice() {
            [] => Ok(()),
            // an address where it is asked may follow
            ["log", key] | ["log", key, _] => {
                self.logs.push(key);
                Ok(())
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                fresh(self.witnesses.insert(name, key).is_some(), name)
            }
            ["group", name, threshold, members @ ..] => {
                fresh(self.groups.insert(name, (threshold, members.to_vec())).is_some(), name)
            }
            ["quorum", name] => fresh(self.quorum.replace(name).is_some(), "quorum"),
            [word, ..] => {
                let word: String = word.chars().take(20).collect();
                Err(format!(
                    "{word:?} begins no line of a policy (log, witness, group, quorum, #): was a long line broken in two?"
                ))
            }
        }
    }

    /// The keys of the witnesses that count and how many of them it takes, where that is so many of them all.
    pub(super) fn quorum(&self) -> Result<(BTreeSet<&'a str>, usize), String> {
        let name = self.quorum.ok_or("there is no `quorum` line")?;
        if name == NONE {
            return Err(
                "`quorum none` takes no cosignature, and what nobody cosigned proves nothing here".to_owned()
            );
        }
        let alone = self.witnesses.contains_key(name).then(|| ("1", vec![name]));
        let (threshold, members) = alone
            .as_ref()
            .or_else(|| self.groups.get(name))
            .ok_or_else(|| format!("quorum: no group {name:?}"))?;
        let mut keys = BTreeSet::new();
        for member in members {
            if self.groups.contains_key(member) {
                return Err(format!(
                    "group {name:?}: {member:?} is a group; groups in groups are not read, since the rule of a network \
                     is so many of its members"
                ));
            }
            let key =
                self.witnesses.get(member).ok_or_else(|| format!("group {name:?}: no witness {member:?}"))?;
            if !keys.insert(*key) {
                return Err(format!("group {name:?}: the key of {member:?} counts twice"));
            }
        }
        let needed = match *threshold {
            "all" => keys.len(),
            "any" => 1,
            number => {
                number.parse().map_err(|_| format!("group {name:?}: {number:?} is no number of members"))?
            }
        };
        Ok((keys, needed))
    }
}
