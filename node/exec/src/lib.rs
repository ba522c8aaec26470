//! Calls vendors' APIs and brings back evidence.
//!
//! An executor sends the request bytes that the protocol core made, unchanged, to the endpoint configured for one
//! region, and records what came back. It never picks another endpoint, never adds a hint of the region, never shows
//! the API key, and never sends a call that was not counted first.
//!
//! - [`VendorConfig`] is what the operator writes; [`VendorConfig::check`] makes a [`Vendor`] of it.
//! - [`VendorClient`] executes a [`Call`] within an [`Allowance`] and returns [`Evidence`]. It speaks all dialects; what
//!   differs between them is in one module, as functions of a closed enum.
//! - [`Meter`] stands between a call and the money it costs.
//! - [`Failure`] is the closed list of reasons for having no answer.
//!
//! ```no_run
//! # use std::sync::Arc;
//! use vantage_exec::{Allowance, Call, Meter, VendorClient, VendorConfig};
//!
//! # async fn run(meter: Arc<dyn Meter>) -> Result<(), Box<dyn std::error::Error>> {
//! let config: VendorConfig = serde_json::from_str(
//!     r#"{ "target": "openai", "endpoints": { "eu": "https://eu.api.openai.com" }, "key": { "env": "OPENAI_API_KEY" } }"#,
//! )?;
//! let client = VendorClient::new(config.check(false)?)?;
//! let body = br#"{"model":"m","messages":[]}"#.to_vec();
//! let call = Call::new("POST", "/v1/chat/completions", &Default::default(), body)?;
//! let allowance = Allowance { meter, deadline: None, cancel: Default::default() };
//! let evidence = client.execute("eu", &call, &allowance).await?;
//! println!("{:?} {:?} {:?}", evidence.text, evidence.failure, evidence.cost_microusd);
//! # Ok(())
//! # }
//! ```

mod address;
mod call;
mod client;
mod completion;
mod config;
mod dialect;
mod encoding;
mod evidence;
mod failure;
mod form;
mod guess;
mod json;
mod key;
mod meter;
mod name;
mod pace;
mod plain;
mod response;
mod retry;
mod screen;
mod secret;
mod trace;
mod transport;
mod trouble;

pub use call::{CALL_BODY_MAX, Call, CallError};
pub use client::{Allowance, RecordError, Roll, VendorClient};
pub use completion::TEXT_MAX;
pub use config::{
    ConfigError, ConfigProblem, DAY_CALLS_MAX, JOB_CALLS_MAX, MICROUSD_MAX, NoEndpoint, PRICE_MAX, Price,
    SIM_PREFIX, Vendor, VendorConfig,
};
pub use dialect::headers_allowed;
pub use evidence::{Attempt, Evidence, HEADER_VALUE_MAX, Outcome, Usage};
pub use failure::{ApiRefusal, Failure};
pub use key::{KeyError, KeySource, Openness};
pub use meter::{Charge, Meter, MeterError, Pending, Ticket, Tokens};
pub use pace::PaceState;
pub use retry::{Backoff, retry_after, retry_after_ms};
pub use secret::{KEY_LEN_MAX, KEY_LEN_MIN, REDACTED, Secret, SecretError, may_be_key, shown};
pub use transport::{BODY_MAX, TransportError};
