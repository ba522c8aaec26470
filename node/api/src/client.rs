//! Speaking with a running node over its socket.

use crate::block::{GetBlock, GetCar};
use crate::call::{Call, Method, Stream};
use crate::fault::Fault;
use crate::job::{GetJob, ListJobs, WatchJob};
use crate::peer::{ListNodes, ListPeers, Peer};
use crate::socket::{Reach, SOCKET};
use crate::status::{GetStatus, Status};
use crate::{BODY_BYTES_MAX, JobView, KnownNode};
use futures::StreamExt as _;
use reqwest::{RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use vantage_protocol::cid::Cid;

/// What stands for the host: a socket has none.
const HOST: &str = "http://node";

/// A client of one node. Each call has a connection of its own, or one that is free.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    path: PathBuf,
    /// The way to the socket, which must stay open.
    _reach: Reach,
}

/// Why the node gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no node, or it is not ours.
    #[error("no node answers at {path} ({source}): start it with `vantage run`, or name its data directory")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection with the node broke: {0}")]
    Io(#[from] io::Error),
    /// The node's answer is not understood: another version, probably.
    #[error("the node's answer is not understood ({0}): do the program and the node have the same version?")]
    Answer(String),
    /// The node could not do what was asked.
    #[error(transparent)]
    Refused(Fault),
}

impl Client {
    /// A client of the node that runs on a data directory, if one answers there.
    pub async fn connect(data_dir: &Path) -> Result<Self, ClientError> {
        let path = data_dir.join(SOCKET);
        let refuse = |source| ClientError::Connect { path: path.clone(), source };
        let reach = Reach::to(data_dir, SOCKET).map_err(refuse)?;
        // whether anybody listens is told here, by the system's own words
        tokio::net::UnixStream::connect(reach.path()).await.map_err(refuse)?;
        let built = reqwest::Client::builder().unix_socket(reach.path()).no_proxy().build();
        let http = built.map_err(|error| refuse(io::Error::other(error)))?;
        Ok(Self { http, path, _reach: reach })
    }

    /// Asks one thing.
    pub async fn ask<C: Call>(&self, call: &C) -> Result<C::Reply, ClientError> {
        let url = format!("{HOST}{}", C::PATH);
        let request = match C::METHOD {
            Method::Read => self.http.get(query(url, call)?),
            Method::Order => self.http.post(url).json(call),
        };
        let response = self.send(request).await?;
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(broken)?);
            if body.len() > BODY_BYTES_MAX {
                return Err(ClientError::Answer(format!("more than {BODY_BYTES_MAX} bytes")));
            }
        }
        read(&body)
    }

    /// How the node stands.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.ask(&GetStatus {}).await
    }

    /// One job, by its id or a prefix of it.
    pub async fn job(&self, id: &str) -> Result<JobView, ClientError> {
        self.ask(&GetJob { id: id.to_owned() }).await
    }

    /// Connected peers.
    pub async fn peers(&self) -> Result<Vec<Peer>, ClientError> {
        Ok(self.ask(&ListPeers {}).await?.peers)
    }

    /// Nodes whose logs the node holds, members first.
    pub async fn nodes(&self) -> Result<Vec<KnownNode>, ClientError> {
        Ok(self.ask(&ListNodes {}).await?.nodes)
    }

    /// All jobs, newest first, page after page.
    pub async fn jobs(&self) -> Result<Vec<JobView>, ClientError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.ask(&ListJobs { after }).await?;
            all.extend(page.jobs);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// One public block, checked against its id.
    pub async fn block(&self, cid: Cid) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        self.stream(&GetBlock { cid }, &mut bytes).await?;
        if cid.names(&bytes) {
            Ok(bytes)
        } else {
            Err(ClientError::Answer(format!("the block is not {cid}")))
        }
    }

    /// Writes a block and all that it links to, as a CAR, to `sink`; returns the number of bytes.
    pub async fn car(&self, root: Cid, sink: &mut (impl AsyncWrite + Unpin)) -> Result<u64, ClientError> {
        self.stream(&GetCar { root }, sink).await
    }

    /// Begins to watch a job.
    pub async fn watch(&self, id: &str) -> Result<Watch, ClientError> {
        let response = self.open(&WatchJob { id: id.to_owned() }).await?;
        Ok(Watch { response, buffer: Vec::new() })
    }

    async fn stream<S: Stream>(
        &self,
        what: &S,
        sink: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, ClientError> {
        let mut chunks = self.open(what).await?.bytes_stream();
        let mut written = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(broken)?;
            sink.write_all(&chunk).await?;
            written += chunk.len() as u64;
        }
        sink.flush().await?;
        Ok(written)
    }

    async fn open<S: Stream>(&self, what: &S) -> Result<Response, ClientError> {
        self.send(self.http.get(query(format!("{HOST}{}", S::PATH), what)?)).await
    }

    /// Sends a request; an answer that is none of success is a fault.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| match error.is_connect() {
            true => ClientError::Connect { path: self.path.clone(), source: io::Error::other(error) },
            false => broken(error),
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.bytes().await.map_err(broken)?;
        match serde_json::from_slice(&body) {
            Ok(fault) => Err(ClientError::Refused(fault)),
            Err(_) => Err(ClientError::Answer(format!("status {status}"))),
        }
    }
}

/// A job that is being watched.
#[derive(Debug)]
pub struct Watch {
    response: Response,
    /// What was read behind the last line.
    buffer: Vec<u8>,
}

impl Watch {
    /// The job's next state; `None` once it is done. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Result<Option<JobView>, ClientError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return match serde_json::from_slice(&line) {
                    Ok(view) => Ok(Some(view)),
                    // the node may come to its end while it is watched
                    Err(_) => Err(serde_json::from_slice(&line)
                        .map_or_else(|error| ClientError::Answer(error.to_string()), ClientError::Refused)),
                };
            }
            if self.buffer.len() > BODY_BYTES_MAX {
                return Err(ClientError::Answer(format!("a line of more than {BODY_BYTES_MAX} bytes")));
            }
            match self.response.chunk().await.map_err(broken)? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(ClientError::Io(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }
}

/// The address with the fields in its query.
fn query(url: String, fields: &impl Serialize) -> Result<String, ClientError> {
    let fields = serde_json::to_value(fields).map_err(|error| ClientError::Answer(error.to_string()))?;
    let mut url = reqwest::Url::parse(&url).map_err(|error| ClientError::Answer(error.to_string()))?;
    for (name, value) in fields.as_object().into_iter().flatten() {
        match value {
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => drop(url.query_pairs_mut().append_pair(name, text)),
            other => drop(url.query_pairs_mut().append_pair(name, &other.to_string())),
        }
    }
    Ok(url.into())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Answer(error.to_string()))
}

fn broken(error: reqwest::Error) -> ClientError {
    ClientError::Io(io::Error::other(error))
}
