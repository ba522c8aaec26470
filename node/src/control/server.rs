//! The node's end of the control socket: a bounded number of clients, each with lines of bounded length.

use super::protocol::{CLIENTS_MAX, Fault, LINE_BYTES_MAX, Request, Response};
use super::requests;
use super::socket::Socket;
use super::wire::{self, LineError};
use crate::engine::{Command, Event};
use crate::store::Store;
use std::io;
use std::sync::Arc;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vantage_net::NetHandle;
use vantage_protocol::genesis::Genesis;
use vantage_protocol::id::NodeId;

/// What requests are answered from.
#[derive(Clone, Debug)]
pub struct Context {
    /// Reaches the engine.
    pub events: mpsc::Sender<Event>,
    /// Goes up whenever something may have changed.
    pub changed: watch::Receiver<u64>,
    /// Public blocks, and counts.
    pub store: Arc<Store>,
    /// The network's state.
    pub net: NetHandle,
    /// What does not change while the node runs.
    pub about: Arc<About>,
    /// What pruning and backups need to know.
    pub upkeep: Arc<Upkeep>,
    /// Ends the node.
    pub stop: CancellationToken,
}

/// What pruning and backups need to know.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// The data directory.
    pub data: std::path::PathBuf,
    /// What is kept for how long.
    pub keep: crate::config::upkeep::Keep,
}

/// What does not change while a node runs.
#[derive(Clone, Debug)]
pub struct About {
    /// The network.
    pub genesis: Genesis,
    /// Node id.
    pub node: NodeId,
    /// Region that the node declares.
    pub region: Option<String>,
    /// When the process started, POSIX seconds.
    pub started_s: u64,
}

/// Serves clients until the node stops.
pub async fn serve(socket: Socket, context: Context) {
    let places = Arc::new(Semaphore::new(CLIENTS_MAX));
    let clients = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = socket.listener.accept() => accepted,
            () = context.stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a control client could not be accepted");
                // Out of file descriptors, mostly: the next attempt fails as quickly.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        match places.clone().try_acquire_owned() {
            Ok(place) => {
                let context = context.clone();
                clients.spawn(async move {
                    tokio::select! {
                        ended = converse(stream, &context) => if let Err(error) = ended {
                            tracing::debug!(%error, "a control client left");
                        },
                        () = stopped_for_a_while(&context.stop) => {}
                    }
                    drop(place);
                });
            }
            // one short line fits any socket's buffer, so this does not wait
            Err(_) => refuse(stream).await,
        }
    }
    clients.close();
    clients.wait().await;
}

/// A stopping node gives its clients a moment to read their last answer.
async fn stopped_for_a_while(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
}

async fn refuse(mut stream: UnixStream) {
    let fault = Fault {
        what: format!("{CLIENTS_MAX} clients are served already"),
        place: "control socket".to_owned(),
        help: "close one of them, such as a `vantage job watch`".to_owned(),
    };
    // It may be gone already.
    let _ = wire::write(&mut stream, &Response::Error(fault)).await;
}

async fn converse(stream: UnixStream, context: &Context) -> io::Result<()> {
    let (reader, writer) = stream.into_split();
    let mut link = Link { reader: BufReader::new(reader), writer };
    loop {
        let line = tokio::select! {
            line = wire::read::<Request>(&mut link.reader, LINE_BYTES_MAX) => line,
            () = context.stop.cancelled() => return Ok(()),
        };
        match line {
            Ok(Some(request)) => requests::answer(request, &mut link, context).await?,
            Ok(None) => return Ok(()),
            Err(LineError::Io(error)) => return Err(error),
            Err(LineError::TooLong(max)) => {
                let what = format!("the line has more than {max} bytes");
                return link.fault("request", what, "send shorter ones; the connection is closed").await;
            }
            Err(LineError::Shape(why)) => {
                let help = "send one JSON object a line, such as {\"status\":{}}";
                link.fault("request", format!("not understood: {why}"), help).await?;
            }
        }
    }
}

/// A client's connection.
pub(super) struct Link {
    pub(super) reader: BufReader<OwnedReadHalf>,
    pub(super) writer: OwnedWriteHalf,
}

impl Link {
    /// Sends one line.
    pub(super) async fn say(&mut self, response: &Response) -> io::Result<()> {
        wire::write(&mut self.writer, response).await
    }

    /// Sends an error.
    pub(super) async fn fault(
        &mut self,
        place: &str,
        what: impl ToString,
        help: impl ToString,
    ) -> io::Result<()> {
        self.say(&Response::Error(Fault {
            what: what.to_string(),
            place: place.to_owned(),
            help: help.to_string(),
        }))
        .await
    }
}

impl Context {
    /// Asks the engine; none once it has ended.
    pub(super) async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.events.send(Event::Command(command(reply))).await.ok()?;
        answer.await.ok()
    }
}
