//! The other end of the control socket: what the command line speaks with.

use super::protocol::{
    Fault, JobView, KnownNode, LINE_BYTES_MAX, LogPage, Peer, Request, Response, SOCKET, Shown, Status,
};
use super::socket::Reach;
use super::wire::{self, LineError};
use crate::backup::Written;
use crate::engine::{StoppedHere, Taken};
use crate::store::Pruned;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use vantage_protocol::attester::JobOrder;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::JobId;

/// A connection with a running node.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
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
    /// The node talks nonsense: another version, probably.
    #[error("the node's answer is not understood ({0}): do the program and the node have the same version?")]
    Answer(String),
    /// The node could not do what was asked.
    #[error(transparent)]
    Refused(Fault),
}

impl Client {
    /// Connects with the node that runs on a data directory.
    pub async fn connect(data_dir: &Path) -> Result<Self, ClientError> {
        let refuse = |source| ClientError::Connect { path: data_dir.join(SOCKET), source };
        let reach = Reach::to(data_dir, SOCKET).map_err(refuse)?;
        let stream = UnixStream::connect(reach.path()).await.map_err(refuse)?;
        let (reader, writer) = stream.into_split();
        Ok(Self { reader: BufReader::new(reader), writer })
    }

    /// How the node stands.
    pub async fn status(&mut self) -> Result<Status, ClientError> {
        match self.ask(&Request::Status {}).await? {
            Response::Status(status) => Ok(*status),
            other => Err(unexpected(&other)),
        }
    }

    /// All jobs, newest first.
    pub async fn jobs(&mut self) -> Result<Vec<JobView>, ClientError> {
        match self.ask(&Request::Jobs {}).await? {
            Response::Jobs { views } => Ok(views),
            other => Err(unexpected(&other)),
        }
    }

    /// One job, by its id or a prefix of it.
    pub async fn job(&mut self, id: &str) -> Result<JobView, ClientError> {
        match self.ask(&Request::Job { id: id.to_owned() }).await? {
            Response::Job { view } => Ok(*view),
            other => Err(unexpected(&other)),
        }
    }

    /// Begins to watch a job; [`Client::next_view`] tells how it goes on.
    pub async fn watch(&mut self, id: &str) -> Result<(), ClientError> {
        self.send(&Request::Watch { id: id.to_owned() }).await
    }

    /// The watched job's next state; `None` once it is done.
    pub async fn next_view(&mut self) -> Result<Option<JobView>, ClientError> {
        match self.receive().await? {
            Response::Job { view } => Ok(Some(*view)),
            Response::End {} => Ok(None),
            other => Err(unexpected(&other)),
        }
    }

    /// Orders a job. `suite` is the canonical block that `order.suite` names.
    pub async fn submit(&mut self, order: JobOrder, suite: &[u8]) -> Result<JobId, ClientError> {
        self.submit_as(None, order, suite).await.map(|taken| taken.id)
    }

    /// Orders a job under a key: the same order under the same key gives the same job.
    pub async fn submit_as(
        &mut self,
        key: Option<&str>,
        order: JobOrder,
        suite: &[u8],
    ) -> Result<Taken, ClientError> {
        let key = key.map(str::to_owned);
        match self.ask(&Request::Submit { order, suite: STANDARD.encode(suite), key }).await? {
            Response::Submitted { id, again } => Ok(Taken { id, again }),
            other => Err(unexpected(&other)),
        }
    }

    /// Where a job's content and bundle are, as far as they are there.
    pub async fn bundle(&mut self, id: &str) -> Result<(JobId, Option<Cid>, Option<Cid>), ClientError> {
        match self.ask(&Request::Bundle { id: id.to_owned() }).await? {
            Response::Bundle { id, content, bundle } => Ok((id, content, bundle)),
            other => Err(unexpected(&other)),
        }
    }

    /// One public block, checked against its id.
    pub async fn block(&mut self, cid: Cid) -> Result<Vec<u8>, ClientError> {
        match self.ask(&Request::Block { cid }).await? {
            Response::Block { bytes, .. } => {
                let bytes = debase(&bytes)?;
                if cid.names(&bytes) {
                    Ok(bytes)
                } else {
                    Err(ClientError::Answer(format!("the block is not {cid}")))
                }
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Writes a block and all that it links to, as a CAR, to `sink`; returns the number of bytes.
    pub async fn car(&mut self, root: Cid, sink: &mut (impl AsyncWrite + Unpin)) -> Result<u64, ClientError> {
        self.send(&Request::Car { root }).await?;
        let mut written = 0;
        loop {
            match self.receive().await? {
                Response::Chunk { bytes } => {
                    let bytes = debase(&bytes)?;
                    sink.write_all(&bytes).await?;
                    written += bytes.len() as u64;
                }
                Response::End {} => {
                    sink.flush().await?;
                    return Ok(written);
                }
                other => return Err(unexpected(&other)),
            }
        }
    }

    /// Keeps a block of a verified bundle at the node, public; `provide` tells the DHT that it has it.
    pub async fn put(&mut self, cid: Cid, bytes: &[u8], provide: bool) -> Result<(), ClientError> {
        match self.ask(&Request::Put { cid, bytes: STANDARD.encode(bytes), provide }).await? {
            Response::Kept {} => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Connected peers.
    pub async fn peers(&mut self) -> Result<Vec<Peer>, ClientError> {
        match self.ask(&Request::Peers {}).await? {
            Response::Peers { peers } => Ok(peers),
            other => Err(unexpected(&other)),
        }
    }

    /// Nodes whose logs the node holds, members first.
    pub async fn nodes(&mut self) -> Result<Vec<KnownNode>, ClientError> {
        match self.ask(&Request::Nodes {}).await? {
            Response::Nodes { nodes } => Ok(nodes),
            other => Err(unexpected(&other)),
        }
    }

    /// Has the node write a backup; the path is absolute.
    pub async fn backup(&mut self, out: &Path, root_key: bool) -> Result<Written, ClientError> {
        match self.ask(&Request::Backup { out: out.to_owned(), root_key }).await? {
            Response::Backup(written) => Ok(written),
            other => Err(unexpected(&other)),
        }
    }

    /// Leaves of a log: of the node itself, or of one it knows by this id or prefix.
    pub async fn log(
        &mut self,
        node: Option<String>,
        start: u64,
        count: u32,
    ) -> Result<LogPage, ClientError> {
        match self.ask(&Request::Log { node, start, count }).await? {
            Response::Log(page) => Ok(*page),
            other => Err(unexpected(&other)),
        }
    }

    /// A certified leaf with its proof.
    pub async fn proof(&mut self, node: &str, index: u64) -> Result<Shown, ClientError> {
        self.shown(&Request::Proof { node: node.to_owned(), index }).await
    }

    /// A job's own leaf with its proof.
    pub async fn job_proof(&mut self, id: &str) -> Result<Shown, ClientError> {
        self.shown(&Request::JobProof { id: id.to_owned() }).await
    }

    async fn shown(&mut self, request: &Request) -> Result<Shown, ClientError> {
        match self.ask(request).await? {
            Response::Proof(shown) => Ok(*shown),
            other => Err(unexpected(&other)),
        }
    }

    /// Lets the node decline what it has not committed of a job.
    pub async fn stop_here(&mut self, id: &str) -> Result<StoppedHere, ClientError> {
        match self.ask(&Request::StopHere { id: id.to_owned() }).await? {
            Response::Stopped { id, declined_now, declined_before, committed } => {
                Ok(StoppedHere { id, declined_now, declined_before, committed })
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Has the node prune, or say what would go.
    pub async fn prune(&mut self, dry: bool) -> Result<Pruned, ClientError> {
        match self.ask(&Request::Prune { dry }).await? {
            Response::Pruned(pruned) => Ok(pruned),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends the node in good order.
    pub async fn shutdown(&mut self) -> Result<(), ClientError> {
        match self.ask(&Request::Shutdown {}).await? {
            Response::Stopping {} => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&mut self, request: &Request) -> Result<Response, ClientError> {
        self.send(request).await?;
        self.receive().await
    }

    async fn send(&mut self, request: &Request) -> Result<(), ClientError> {
        Ok(wire::write(&mut self.writer, request).await?)
    }

    async fn receive(&mut self) -> Result<Response, ClientError> {
        match wire::read(&mut self.reader, LINE_BYTES_MAX).await {
            Ok(Some(Response::Error(fault))) => Err(ClientError::Refused(fault)),
            Ok(Some(response)) => Ok(response),
            Ok(None) => Err(ClientError::Io(io::ErrorKind::UnexpectedEof.into())),
            Err(LineError::Io(error)) => Err(ClientError::Io(error)),
            Err(error) => Err(ClientError::Answer(error.to_string())),
        }
    }
}

fn debase(text: &str) -> Result<Vec<u8>, ClientError> {
    STANDARD.decode(text).map_err(|error| ClientError::Answer(error.to_string()))
}

fn unexpected(response: &Response) -> ClientError {
    // what it holds is nobody's business but its asker's
    let kind = match serde_json::to_value(response) {
        Ok(Value::String(kind)) => Some(kind),
        Ok(Value::Object(map)) => map.into_iter().next().map(|(kind, _)| kind),
        _ => None,
    };
    let kind = kind.unwrap_or_else(|| "none that is known".to_owned());
    ClientError::Answer(format!("it is of another kind than what was asked for: {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_kind_is_named_by_its_kind_alone() {
        let odd = [(Response::Jobs { views: Vec::new() }, "jobs")];
        for (response, kind) in odd {
            let said = unexpected(&response).to_string();
            assert!(said.contains(kind) && !said.contains(['{', '[']), "{said}");
        }
    }
}
