//! A request and its reply, as one type.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a call travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Changes nothing: GET, the fields in the query.
    Read,
    /// Asks for something to be done: POST, the fields as a JSON body.
    Order,
}

/// Something that a node can be asked, with what it answers.
pub trait Call: Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static {
    /// The answer, JSON.
    type Reply: Serialize + DeserializeOwned + ToSchema + Send + 'static;
    /// How it travels.
    const METHOD: Method;
    /// Where it goes.
    const PATH: &'static str;
    /// What it is for, one sentence.
    const ABOUT: &'static str;
}

/// Something that a node answers with a stream of bytes.
pub trait Stream: Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static {
    /// Where it goes; always a GET.
    const PATH: &'static str;
    /// What it is for, one sentence.
    const ABOUT: &'static str;
    /// Media type of the answer.
    const MEDIA_TYPE: &'static str;
}

/// An order was carried out, and there is nothing else to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Always true.
    pub done: bool,
}

impl Done {
    /// The only value.
    pub const YES: Self = Self { done: true };
}
