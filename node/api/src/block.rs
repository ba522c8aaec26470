//! Blocks, and files of them.

use crate::call::{Call, Done, Method, Stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vantage_protocol::cid::Cid;

/// One public block, as it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetBlock {
    /// Which.
    pub cid: Cid,
}

impl Stream for GetBlock {
    const PATH: &'static str = "/v1/block";
    const ABOUT: &'static str = "The bytes of one public block.";
    const MEDIA_TYPE: &'static str = "application/vnd.ipld.raw";
}

/// A block and all that it links to, as a CAR file, version 1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetCar {
    /// Where to begin.
    pub root: Cid,
}

impl Stream for GetCar {
    const PATH: &'static str = "/v1/car";
    const ABOUT: &'static str = "A block and all blocks below it, as a CAR file (version 1).";
    const MEDIA_TYPE: &'static str = "application/vnd.ipld.car; version=1";
}

/// Keep a block of an imported bundle, public. The client has verified the bundle; the node checks that the bytes are what
/// the id names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutBlock {
    /// Which.
    pub cid: Cid,
    /// Its bytes, base64.
    #[serde(with = "crate::base64_bytes")]
    #[schema(value_type = String, format = Byte)]
    pub bytes: Vec<u8>,
    /// Whether to tell the DHT that this node has it: for the roots.
    pub provide: bool,
}

impl Call for PutBlock {
    type Reply = Done;
    const METHOD: Method = Method::Order;
    const PATH: &'static str = "/v1/block";
    const ABOUT: &'static str = "Keep a public block of a verified bundle.";
}
