//! The node's end of calls: handlers by path, for whatever carries them.

use crate::{Call, Fault, Method, Stream};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::io;
use std::sync::Arc;

/// Why a call is not carried out, with the HTTP status that says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// What was wrong, where, and what to do.
    pub fault: Fault,
}

impl Refusal {
    /// What was asked for is not here.
    pub fn missing(place: &str, what: impl ToString, help: &str) -> Self {
        Self { status: 404, fault: Fault::new(place, what, help) }
    }

    /// A field has no value that can be used.
    pub fn wrong(place: &str, what: impl ToString, help: &str) -> Self {
        Self { status: 422, fault: Fault::new(place, what, help) }
    }

    /// The node could not do its part.
    pub fn failed(place: &str, what: impl ToString, help: &str) -> Self {
        Self { status: 500, fault: Fault::new(place, what, help) }
    }

    /// The node is stopping.
    pub fn stopping() -> Self {
        let fault = Fault::new("node", "the node is stopping", "start it again, then ask again");
        Self { status: 503, fault }
    }

    /// The call's fields cannot be read.
    pub fn not_understood(why: &str) -> Self {
        let why: String = why.chars().take(300).collect();
        let what = format!("not understood: {why}");
        let fault = Fault::new("call", what, "docs/openapi.json says which fields there are");
        Self { status: 400, fault }
    }
}

/// The answer of a [`Stream`], piece by piece.
pub type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// What a handler has to say.
pub enum Answer {
    /// A reply, as JSON.
    Json(Vec<u8>),
    /// A stream.
    Pieces {
        /// What it is.
        media_type: &'static str,
        /// The bytes.
        pieces: Pieces,
    },
}

type Run = dyn Fn(Bytes) -> BoxFuture<'static, Result<Answer, Refusal>> + Send + Sync;

/// Answers one kind of call.
#[derive(Clone)]
pub struct Handler {
    /// How the call travels.
    pub method: Method,
    /// Where it goes.
    pub path: &'static str,
    run: Arc<Run>,
}

impl Handler {
    /// Answers a call whose fields are these: the query of a [`Method::Read`], the body of a [`Method::Order`].
    pub async fn answer(&self, fields: Bytes) -> Result<Answer, Refusal> {
        (self.run)(fields).await
    }
}

/// Handlers that are answered from one state.
pub struct Handlers<S> {
    state: S,
    handlers: Vec<Handler>,
}

impl<S: Clone + Send + Sync + 'static> Handlers<S> {
    /// None yet.
    pub fn of(state: S) -> Self {
        Self { state, handlers: Vec::new() }
    }

    /// Adds the handler of a call.
    pub fn call<C, H, F>(self, handler: H) -> Self
    where
        C: Call,
        H: Fn(S, C) -> F + Send + Sync + 'static,
        F: Future<Output = Result<C::Reply, Refusal>> + Send + 'static,
    {
        self.add(C::METHOD, C::PATH, handler, |reply| {
            let json = serde_json::to_vec(&reply);
            json.map(Answer::Json).map_err(|error| Refusal::failed("reply", error, "please report it"))
        })
    }

    /// Adds the handler of a stream.
    pub fn stream<C, H, F>(self, handler: H) -> Self
    where
        C: Stream,
        H: Fn(S, C) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Pieces, Refusal>> + Send + 'static,
    {
        self.add(Method::Read, C::PATH, handler, |pieces| {
            Ok(Answer::Pieces { media_type: C::MEDIA_TYPE, pieces })
        })
    }

    fn add<C, H, F, R>(
        mut self,
        method: Method,
        path: &'static str,
        handler: H,
        answer: fn(R) -> Result<Answer, Refusal>,
    ) -> Self
    where
        C: Serialize + DeserializeOwned + Send + 'static,
        H: Fn(S, C) -> F + Send + Sync + 'static,
        F: Future<Output = Result<R, Refusal>> + Send + 'static,
        R: Send + 'static,
    {
        let state = self.state.clone();
        let run = move |fields: Bytes| match read(method, &fields) {
            Ok(call) => handler(state.clone(), call).map(move |done| done.and_then(answer)).boxed(),
            Err(why) => std::future::ready(Err(Refusal::not_understood(&why))).boxed(),
        };
        self.handlers.push(Handler { method, path, run: Arc::new(run) });
        self
    }

    /// All that were added.
    pub fn finish(self) -> Vec<Handler> {
        self.handlers
    }
}

fn read<C: DeserializeOwned>(method: Method, fields: &[u8]) -> Result<C, String> {
    match method {
        Method::Read => serde_urlencoded::from_bytes(fields).map_err(|error| error.to_string()),
        Method::Order => serde_json::from_slice(fields).map_err(|error| error.to_string()),
    }
}

/// Bytes that are there already, as a stream.
pub fn whole(bytes: Vec<u8>) -> Pieces {
    futures::stream::once(std::future::ready(Ok(Bytes::from(bytes)))).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Done, GetJob, Shutdown, WatchJob};

    fn said(answer: Result<Answer, Refusal>) -> String {
        match answer {
            Ok(Answer::Json(bytes)) => String::from_utf8(bytes).unwrap(),
            Ok(Answer::Pieces { media_type, .. }) => media_type.to_owned(),
            Err(refusal) => format!("{} {}", refusal.status, refusal.fault),
        }
    }

    #[tokio::test]
    async fn a_handler_reads_its_fields_and_writes_its_reply() {
        let handlers = Handlers::of("state")
            .call(async |state, wanted: GetJob| {
                Err(Refusal::missing("id", format!("{state} {}", wanted.id), "look"))
            })
            .call(async |_, _: Shutdown| Ok(Done::YES))
            .stream(async |_, wanted: WatchJob| Ok(whole(wanted.id.into_bytes())))
            .finish();
        let [job, shutdown, watch] = handlers.as_slice() else { panic!("{}", handlers.len()) };
        assert_eq!((job.path, job.method), (GetJob::PATH, Method::Read));
        assert_eq!(said(job.answer("id=a%20b".into()).await), "404 id: state a b; look");
        assert!(said(job.answer("di=a".into()).await).starts_with("400 call: not understood: "));
        assert_eq!(said(shutdown.answer("{}".into()).await), r#"{"done":true}"#);
        assert!(said(shutdown.answer("{".into()).await).starts_with("400 "));
        assert_eq!(said(watch.answer("id=a".into()).await), WatchJob::MEDIA_TYPE);
    }
}
