//! Strict decoders of every kind, each as "decode, then encode again".

use super::Vector;
use super::world::world;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ipld_core::ipld::Ipld;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use vantage_protocol::leaf::Leaf;
use vantage_protocol::wire::{self, Wire};

/// A vector of a type that comes from outside through the codec.
pub(super) fn wired<T: Wire>(
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    value: &T,
) -> Vector {
    let decode = |bytes: &[u8]| wire::decode::<T>(bytes).map(|v| wire::encode(&v)).map_err(|e| e.to_string());
    Vector { kind, name, about, bytes: wire::encode(value), derived: Map::new(), decode, rust: rust::<T>() }
}

/// A vector of a type that is encoded to be hashed or linked, and recomputed rather than received.
pub(super) fn computed<T: Serialize + DeserializeOwned>(
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    value: &T,
) -> Vector {
    let decode = |bytes: &[u8]| {
        let value: T = serde_ipld_dagcbor::from_slice(bytes).map_err(|e| e.to_string())?;
        let again = wire::encode(&value);
        if again == bytes { Ok(again) } else { Err("not canonical".to_owned()) }
    };
    Vector { kind, name, about, bytes: wire::encode(value), derived: Map::new(), decode, rust: rust::<T>() }
}

/// A vector of a leaf; its kind is its statement's type.
pub(super) fn leaf(name: &'static str, about: &'static str, leaf: &Leaf) -> Vector {
    let decode = |bytes: &[u8]| {
        Leaf::decode(bytes, &world().net).map(|leaf| leaf.encode()).map_err(|error| error.to_string())
    };
    let kind = leaf.statement.typ();
    Vector { kind, name, about, bytes: leaf.encode(), derived: Map::new(), decode, rust: "Leaf" }
        .derive("leaf_hash", leaf.reference(0).hash.to_string())
}

/// A vector of a text.
pub(super) fn text(
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    text: String,
    decode: fn(&[u8]) -> Result<Vec<u8>, String>,
) -> Vector {
    Vector { kind, name, about, bytes: text.into_bytes(), derived: Map::new(), decode, rust: "" }
}

/// Parses bytes as text and prints what was parsed.
pub(super) fn reprint<T, E: Display>(
    bytes: &[u8],
    parse: impl Fn(&str) -> Result<T, E>,
    print: impl Fn(&T) -> String,
) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    parse(text).map(|value| print(&value).into_bytes()).map_err(|error| error.to_string())
}

fn rust<T>() -> &'static str {
    std::any::type_name::<T>().rsplit("::").next().unwrap_or_default()
}

/// Bytes for people: DAG-CBOR as DAG-JSON, text as text, anything else as nothing.
pub(super) fn readable(bytes: &[u8]) -> Value {
    match serde_ipld_dagcbor::from_slice::<Ipld>(bytes) {
        Ok(value) if !matches!(value, Ipld::Integer(_)) => dag_json(value),
        _ => std::str::from_utf8(bytes).map_or(Value::Null, |text| json!({ "text": text })),
    }
}

fn dag_json(value: Ipld) -> Value {
    match value {
        Ipld::Null => Value::Null,
        Ipld::Bool(value) => value.into(),
        Ipld::Integer(value) => u64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from),
        Ipld::Float(value) => value.into(),
        Ipld::String(text) => text.into(),
        Ipld::Bytes(bytes) => json!({ "/": { "bytes": STANDARD_NO_PAD.encode(bytes) } }),
        Ipld::List(items) => items.into_iter().map(dag_json).collect(),
        Ipld::Map(fields) => fields.into_iter().map(|(name, value)| (name, dag_json(value))).collect(),
        Ipld::Link(cid) => json!({ "/": cid.to_string() }),
    }
}
