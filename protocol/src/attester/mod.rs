//! The attester: one state machine from what happens outside to what is to be done.
//!
//! `handle(input, now, blocks) -> effects`. The state is a function of the records that were
//! persisted; whatever is in flight is volatile and asked for again. After every input the machine
//! looks at what its logs show and says what is due, so a restart needs no code of its own.

mod effect;
mod input;
mod record;

pub use effect::{Effect, Execution, Notice, Task, Verdict};
pub use input::{Call, Input, JobOrder, PeerKey, Stream, Token};
pub use record::Record;
