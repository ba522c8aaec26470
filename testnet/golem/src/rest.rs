//! Calls of a daemon's REST API.

use crate::BedError;
use serde_json::Value;
use std::time::Duration;

/// Longest time for one answer, beyond what a long poll itself may take. A call to a daemon that is starting may hang.
const CALL_TIME_MAX: Duration = Duration::from_secs(5);

/// A daemon's REST API, with the key for it.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    http: reqwest::Client,
    base: String,
    app_key: String,
}

impl Rest {
    pub(crate) fn new(base: String, app_key: String) -> Self {
        // No proxy: everything is on loopback, whatever the environment says. No connection is used twice: the
        // daemon closes idle ones, and a call on one that is just being closed would fail. It fails only where TLS
        // does, and there is none.
        let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        let http = builder.build().unwrap_or_default();
        Self { http, base, app_key }
    }

    /// GET; the answer's JSON.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, BedError> {
        self.call("GET", self.http.get(self.url(path)), path, CALL_TIME_MAX).await
    }

    /// GET of something that waits for news for up to `wait`; an answer that there is none is an empty list.
    pub(crate) async fn poll(&self, path: &str, wait: Duration) -> Result<Vec<Value>, BedError> {
        let call = self.http.get(self.url(path));
        match self.call("GET", call, path, CALL_TIME_MAX + wait).await {
            Ok(Value::Array(news)) => Ok(news),
            Ok(_) => Ok(Vec::new()),
            Err(BedError::Rest { why, .. }) if why.starts_with("408") => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// POST with a JSON body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, BedError> {
        let call = self.http.post(self.url(path)).json(body);
        self.call("POST", call, path, CALL_TIME_MAX * 3).await
    }

    /// DELETE.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value, BedError> {
        self.call("DELETE", self.http.delete(self.url(path)), path, CALL_TIME_MAX).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn call(
        &self,
        method: &str,
        call: reqwest::RequestBuilder,
        path: &str,
        limit: Duration,
    ) -> Result<Value, BedError> {
        let failed = |why: String| BedError::Rest { call: format!("{method} {path}"), why };
        let answer = call.bearer_auth(&self.app_key).timeout(limit).send().await;
        let answer = answer.map_err(|e| failed(whole(&e)))?;
        let status = answer.status();
        let body = answer.text().await.map_err(|e| failed(whole(&e)))?;
        match status.is_success() {
            // some answers are a bare word, or nothing
            true => Ok(serde_json::from_str(&body).unwrap_or(Value::String(body))),
            false => {
                Err(failed(format!("{} {}", status.as_u16(), body.chars().take(300).collect::<String>())))
            }
        }
    }
}

/// An error with all that caused it: the first of them says only that a request failed.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// A time of a query: what is not a letter or a digit must be escaped, a plus sign above all.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
