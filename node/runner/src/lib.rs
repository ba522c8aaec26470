//! Runs a small open language model, deterministically, on one CPU thread.

mod chat;
mod convert;
mod engine;
mod facts;
mod gguf;
mod hash;
mod pip;
mod spec;
mod store;
mod tokenizer;
mod wheel;

pub use chat::{DEFAULT_SYSTEM, Message, Role};
pub use engine::{
    CONVERSATION_BYTES_MAX, Engine, Finish, GenerateError, Generation, LoadError, MESSAGES_MAX,
};
pub use facts::EngineFacts;
pub use gguf::GgufError;
pub use hash::{HashParseError, ModelHash};
pub use pip::PipError;
pub use spec::{ModelSource, ModelSpec, NameError, WheelSource};
pub use store::{
    Fetch, ModelInfo, ModelState, ModelStore, OpenError, Progress, PullError, PullSource, PulledModel,
};
pub use wheel::WheelError;
