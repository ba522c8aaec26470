//! Names: ids, keys, content ids, origins, targets.

use super::Vector;
use super::decode::{reprint, text};
use super::world::world;
use serde_json::Map;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::NodeId;
use vantage_protocol::keys::PublicKey;
use vantage_protocol::log::Origin;
use vantage_protocol::target::Target;

pub(super) fn vectors() -> Vec<Vector> {
    let world = world();
    let member = &world.members[0];
    vec![
        text("node-id", "member", "A node id as people write it.", member.id.to_string(), node_id),
        text("origin", "member", "The name of a log.", world.origin(member).to_string(), origin),
        text("target", "open", "An open model.", "open:smollm2-135m".into(), target),
        text("target", "golem", "An open model on Golem.", "golem:smollm2-135m".into(), target),
        text("target", "vendor", "A vendor's API.", "openai/gpt-4.1-mini".into(), target),
        text("target", "anthropic", "Anthropic's API.", "anthropic/claude-haiku-4-5".into(), target),
        text("target", "gemini", "Gemini's API.", "gemini/gemini-2.5-flash".into(), target),
        text("target", "compatible", "A compatible endpoint.", "compat:lab/qwen-2.5".into(), target),
        text(
            "target",
            "compatible-as-spelled",
            "A model of a compatible endpoint, as its vendor spells it.",
            "compat:lab/Org/Qwen2.5-7B-Instruct@v=1".into(),
            target,
        ),
        text("target", "simulated", "A simulated vendor.", "sim:openai".into(), target),
        binary(
            "public-key",
            "root",
            "A root key, canonical and torsion-free.",
            &member.root.public().to_bytes(),
            key,
        ),
        cid("raw", "A raw block: the bytes `hello`.", &Cid::raw(b"hello")),
        cid("dag-cbor", "A DAG-CBOR block: the empty map.", &Cid::dag_cbor(&[0xa0])),
    ]
}

fn binary(
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    bytes: &[u8],
    decode: fn(&[u8]) -> Result<Vec<u8>, String>,
) -> Vector {
    Vector { kind, name, about, bytes: bytes.to_vec(), derived: Map::new(), decode, rust: "" }
}

fn cid(name: &'static str, about: &'static str, cid: &Cid) -> Vector {
    let decode = |bytes: &[u8]| Cid::from_bytes(bytes).map(|cid| cid.to_bytes()).map_err(|e| e.to_string());
    binary("cid", name, about, &cid.to_bytes(), decode).derive("text", cid.to_string())
}

fn node_id(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, str::parse::<NodeId>, NodeId::to_string)
}

fn origin(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, str::parse::<Origin>, Origin::to_string)
}

fn target(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, str::parse::<Target>, Target::to_string)
}

fn key(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| "a key has 32 bytes".to_owned())?;
    PublicKey::from_bytes(bytes).map(|key| key.to_bytes().to_vec()).map_err(|error| error.to_string())
}
