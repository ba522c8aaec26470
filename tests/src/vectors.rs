//! Golden vectors: the exact bytes of everything that travels, is stored or is hashed.
//!
//! Each vector is made by code from fixed seeds and pinned in `tests/vectors/<kind>/<name>.hex`, with a description for
//! people and other implementations beside it in `<name>.json`. A change of the bytes is a change of the protocol:
//! `cargo run -p vantage-tests --example vectors -- --write` writes the files anew, and the difference is there to be read.

mod attack;
mod blocks;
mod decode;
mod files;
mod leaves;
mod messages;
mod names;
mod notes;
mod proofs;
pub mod world;

pub use attack::{forgeries, mutants};
pub use files::{folder, read, write};

use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use vantage_protocol::hash::sha256;

/// Bytes of one kind, and the decoder that accepts them.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The kind, which is its folder.
    pub kind: &'static str,
    /// Name within the kind.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Values that follow from the bytes: ids, hashes, what an implementation must compute from them.
    pub derived: Map<String, Value>,
    /// Decodes strictly and encodes again; the error is the decoder's.
    pub decode: fn(&[u8]) -> Result<Vec<u8>, String>,
    /// Last part of the Rust type's name.
    pub rust: &'static str,
}

impl Vector {
    /// The path of its files under `tests/vectors`, without ending.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// The description that stands beside the bytes.
    pub fn description(&self) -> Value {
        json!({
            "kind": self.kind,
            "name": self.name,
            "about": self.about,
            "bytes": self.bytes.len(),
            "sha256": sha256(&self.bytes).to_string(),
            "value": decode::readable(&self.bytes),
            "derived": self.derived,
        })
    }

    fn derive(mut self, what: &str, value: impl Into<Value>) -> Self {
        self.derived.insert(what.to_owned(), value.into());
        self
    }
}

/// All of them, sorted by path.
pub fn vectors() -> &'static [Vector] {
    static VECTORS: OnceLock<Vec<Vector>> = OnceLock::new();
    VECTORS.get_or_init(make)
}

fn make() -> Vec<Vector> {
    let mut all = [
        names::vectors(),
        leaves::vectors(),
        blocks::vectors(),
        messages::vectors(),
        notes::vectors(),
        proofs::vectors(),
    ]
    .concat();
    all.sort_by_key(Vector::path);
    all
}
