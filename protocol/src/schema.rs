//! How texts of the protocol are described in OpenAPI. Nothing here runs in a node: the feature `schema` is for whoever
//! describes an interface.

use crate::cid::Cid;
use crate::id::{Hash, JobId, NetId, NodeId, Salt, Signature};
use crate::keys::PublicKey;
use crate::target::Target;
use std::borrow::Cow;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// A type that is a text in JSON.
macro_rules! text {
    ($type:ty, $name:literal, $about:literal, $pattern:expr) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($about));
                text.pattern($pattern).into()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    };
}

/// 32 bytes.
const HEX: Option<&str> = Some("^[0-9a-f]{64}$");

text!(NetId, "NetId", "Names a network: hash of its genesis, hex.", HEX);
text!(NodeId, "NodeId", "Names a node: its root public key, hex.", HEX);
text!(JobId, "JobId", "Names a job: hash of its leaf, hex.", HEX);
text!(Hash, "Hash", "SHA-256, hex.", HEX);
text!(Salt, "Salt", "32 random bytes, hex.", HEX);
text!(PublicKey, "PublicKey", "Ed25519 public key, hex.", HEX);
text!(Signature, "Signature", "Ed25519 signature, hex.", Some("^[0-9a-f]{128}$"));
text!(Cid, "Cid", "Content id, version 1, base32.", Some("^b[a-z2-7]+$"));
text!(Target, "Target", "Surface and model, such as `openai/gpt-4.1-mini`.", None::<String>);
