//! Executors of Vantage: they carry a prompt to a model and bring back evidence.
//!
//! An executor sends the request bytes that the protocol core made, unchanged, to the endpoint configured for one
//! region, and records what came back. It never picks another endpoint, never adds a hint of the region, never shows
//! the API key, and never sends a call that was not counted first.
//!
//! - [`VendorConfig`] is what the operator writes; [`VendorConfig::check`] makes a [`Vendor`] of it.
//! - [`OpenAi`] executes a [`Call`] within an [`Allowance`] and returns [`Evidence`].
//! - [`Failure`] is the closed list of reasons for having no answer.
//!
//! ```no_run
//! use std::sync::Arc;
//! use vantage_exec::{Allowance, Call, CallBudget, KeySource, OpenAi, VendorConfig};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let config: VendorConfig = serde_json::from_str(
//!     r#"{ "target": "openai", "endpoints": { "eu": "https://eu.api.openai.com" }, "key": { "env": "OPENAI_API_KEY" } }"#,
//! )?;
//! let executor = OpenAi::new(config.check(false)?)?;
//! let record = Box::new(|count: u32| -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
//!     Box::pin(async move { println!("{count} is on disk"); Ok(()) })
//! });
//! let budget = Arc::new(CallBudget::new(executor.vendor().config().calls_max_per_job, 0, record));
//! let call = Call::new("POST", "/v1/chat/completions", br#"{"model":"m","messages":[]}"#.to_vec())?;
//! let allowance = Allowance { budget, deadline: None, cancel: Default::default() };
//! let evidence = executor.execute("eu", &call, &allowance).await?;
//! println!("{:?} {:?}", evidence.text, evidence.failure);
//! # Ok(())
//! # }
//! ```

mod budget;
mod call;
mod completion;
mod config;
mod evidence;
mod failure;
mod key;
mod openai;
mod pace;
mod retry;
mod secret;
mod transport;

pub use budget::{BudgetError, CallBudget, Record};
pub use call::{CALL_BODY_MAX, Call, CallError};
pub use completion::TEXT_MAX;
pub use config::{ConfigError, ConfigProblem, NoEndpoint, SIM_PREFIX, Vendor, VendorConfig};
pub use evidence::{Attempt, Evidence, HEADER_VALUE_MAX, HEADERS_ALLOWED, Outcome, Usage};
pub use failure::{ApiRefusal, Failure};
pub use key::{KeyError, KeySource};
pub use openai::{Allowance, OpenAi, RecordError, Roll};
pub use retry::{Backoff, retry_after};
pub use secret::{KEY_LEN_MAX, KEY_LEN_MIN, REDACTED, Secret, SecretError};
pub use transport::{BODY_MAX, TransportError};
