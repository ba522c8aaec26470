//! A connection to a daemon's service bus: offering a service, and calling one.
//!
//! The bus carries bytes; services talk flexbuffers. Ours are read and written as JSON values, which flexbuffers can
//! hold all of.

mod packet;

use crate::BedError;
use packet::{Hello, Kind, Nothing, PART, Register, Reply, SERVICE_FAILURE, WHOLE};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// Packets that may wait to be sent, and calls that may wait for a service: guesses, far above what is seen.
const WAITING_MAX: usize = 256;
/// Longest time for the daemon to answer a call of ours: a guess; they are all on the same machine.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// A connection. The last clone that is dropped ends it, and with it the services that were offered over it.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    shared: Arc<Shared>,
    _tasks: Arc<Tasks>,
}

#[derive(Debug)]
struct Shared {
    /// This connection's id, in hex: what its calls' ids begin with.
    instance: String,
    out: mpsc::Sender<Vec<u8>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: HashMap<String, oneshot::Sender<Result<Vec<u8>, String>>>,
    registering: VecDeque<oneshot::Sender<Result<(), String>>>,
    services: HashMap<String, mpsc::Sender<Call>>,
    next_id: u64,
}

/// Ends the reading and the writing task.
#[derive(Debug)]
struct Tasks([AbortHandle; 2]);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

/// Somebody calls our service.
#[derive(Debug)]
pub(crate) struct Call {
    /// What is called: the last part of the address.
    pub(crate) method: String,
    /// The question.
    pub(crate) body: Value,
    /// Where the answer goes.
    pub(crate) answer: Answer,
}

/// Where an answer goes. Dropped without an answer, the caller hears of a failure.
#[derive(Debug)]
pub(crate) struct Answer {
    out: mpsc::Sender<Vec<u8>>,
    request_id: Option<String>,
}

impl Answer {
    /// The whole answer: what a service of the daemon's makes of a `Result`.
    pub(crate) async fn give(mut self, result: Result<Value, Value>) {
        let body = encode(&result);
        self.send(0, WHOLE, body, true).await;
    }

    /// One part of a streamed answer.
    pub(crate) async fn part(&mut self, item: Value) {
        let body = encode(&Ok(item));
        self.send(0, PART, body, false).await;
    }

    /// The end of a streamed answer.
    pub(crate) async fn end(mut self) {
        self.send(0, WHOLE, Vec::new(), true).await;
    }

    async fn send(&mut self, code: i32, reply_type: i32, data: Vec<u8>, last: bool) {
        let id = if last { self.request_id.take() } else { self.request_id.clone() };
        if let Some(request_id) = id {
            let reply = Reply { request_id, code, reply_type, data };
            // whoever asked is gone if this fails
            let _ = self.out.send(packet::frame(Kind::Reply(reply))).await;
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(request_id) = self.request_id.take() {
            let data = b"the service gave no answer".to_vec();
            let reply = Reply { request_id, code: SERVICE_FAILURE, reply_type: WHOLE, data };
            // a full queue or a closed one: then the caller's own time limit has to do
            let _ = self.out.try_send(packet::frame(Kind::Reply(reply)));
        }
    }
}

impl Bus {
    /// Connects to a daemon's bus, given as `tcp://127.0.0.1:PORT`.
    pub(crate) async fn connect(gsb_url: &str, name: &str) -> Result<Self, BedError> {
        let address = gsb_url.strip_prefix("tcp://").unwrap_or(gsb_url);
        let failed = |e: std::io::Error| BedError::Bus(format!("cannot connect to {address}: {e}"));
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (reading, writing) = stream.into_split();
        let (out, waiting) = mpsc::channel(WAITING_MAX);
        // the daemon takes two connections with one id for the same, and two calls with one id, whosever, for one
        let mut instance_id = vec![0; 16];
        getrandom::fill(&mut instance_id).map_err(BedError::Random)?;
        let instance = instance_id.iter().map(|byte| format!("{byte:02x}")).collect();
        let shared = Arc::new(Shared { instance, out, state: Mutex::default() });
        let write = tokio::spawn(write(waiting, writing)).abort_handle();
        let read = tokio::spawn(read(reading, Arc::clone(&shared))).abort_handle();
        let bus = Self { shared, _tasks: Arc::new(Tasks([read, write])) };
        let hello = Hello { name: name.to_owned(), version: "0.7.3".to_owned(), instance_id };
        bus.shared.send(Kind::Hello(hello)).await?;
        Ok(bus)
    }

    /// Offers a service at an address: calls to `<address>/<method>` come out of the channel.
    pub(crate) async fn offer(&self, address: &str) -> Result<mpsc::Receiver<Call>, BedError> {
        let (calls, called) = mpsc::channel(WAITING_MAX);
        let (done, registered) = oneshot::channel();
        {
            let mut state = self.shared.state();
            state.services.insert(address.to_owned(), calls);
            state.registering.push_back(done);
        }
        self.shared.send(Kind::Register(Register { service_id: address.to_owned() })).await?;
        let outcome = tokio::time::timeout(ANSWER_TIME_MAX, registered).await;
        match outcome {
            Ok(Ok(Ok(()))) => Ok(called),
            Ok(Ok(Err(why))) => Err(BedError::Bus(format!("{address} was not registered: {why}"))),
            _ => Err(BedError::Bus(format!("no answer to the registration of {address}"))),
        }
    }

    /// Whether anything can still be sent.
    pub(crate) fn is_open(&self) -> bool {
        !self.shared.out.is_closed()
    }

    /// Calls a service of the daemon's and reads its `Result`.
    pub(crate) async fn call(&self, address: &str, body: &Value) -> Result<Value, BedError> {
        let failed = |why: String| BedError::Bus(format!("{address}: {why}"));
        let (done, answered) = oneshot::channel();
        let request_id = {
            let mut state = self.shared.state();
            state.next_id += 1;
            let id = format!("{}-{}", self.shared.instance, state.next_id);
            state.calls.insert(id.clone(), done);
            id
        };
        let data = flexbuffers::to_vec(body).map_err(|e| failed(e.to_string()))?;
        let call = packet::Call {
            caller: "local".to_owned(),
            address: address.to_owned(),
            request_id: request_id.clone(),
            data,
            no_reply: false,
        };
        self.shared.send(Kind::Call(call)).await?;
        let outcome = tokio::time::timeout(ANSWER_TIME_MAX, answered).await;
        self.shared.state().calls.remove(&request_id);
        let data = match outcome {
            Ok(Ok(answer)) => answer.map_err(failed)?,
            Ok(Err(_)) => return Err(failed("the bus is gone".to_owned())),
            Err(_) => return Err(failed("no answer in time".to_owned())),
        };
        let mut answer: Value = decode(&data).map_err(failed)?;
        match answer.get_mut("Ok") {
            Some(item) => Ok(item.take()),
            None => Err(failed(answer.to_string())),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // nothing that holds it can panic half-way
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, kind: Kind) -> Result<(), BedError> {
        let gone = |_| BedError::Bus("the connection to the bus is gone".to_owned());
        self.out.send(packet::frame(kind)).await.map_err(gone)
    }

    async fn take(&self, kind: Kind) {
        match kind {
            Kind::Ping(_) => {
                // if it is gone the reader hears of it too
                let _ = self.send(Kind::Pong(Nothing {})).await;
            }
            Kind::Registered(answer) => {
                let waiting = self.state().registering.pop_front();
                let outcome = match answer.code {
                    0 => Ok(()),
                    code => Err(format!("{code} {}", answer.message)),
                };
                if let Some(waiting) = waiting {
                    // whoever waited has given up if this fails
                    let _ = waiting.send(outcome);
                }
            }
            Kind::Reply(reply) => {
                let waiting = self.state().calls.remove(&reply.request_id);
                let outcome = match reply.code {
                    0 => Ok(reply.data),
                    code => Err(format!("{code} {}", String::from_utf8_lossy(&reply.data))),
                };
                if let Some(waiting) = waiting {
                    // whoever waited has given up if this fails
                    let _ = waiting.send(outcome);
                }
            }
            Kind::Call(call) => self.called(call).await,
            Kind::Hello(_) | Kind::Register(_) | Kind::Pong(_) => (),
        }
    }

    async fn called(&self, call: packet::Call) {
        let request_id = (!call.no_reply).then_some(call.request_id);
        let mut answer = Answer { out: self.out.clone(), request_id };
        let (address, method) = call.address.rsplit_once('/').unwrap_or_default();
        let service = self.state().services.get(address).cloned();
        let refused = match (service, decode(&call.data)) {
            (None, _) => format!("no service at {address}"),
            (_, Err(why)) => why,
            (Some(service), Ok(body)) => {
                // a service that is gone drops the call, and with it the answer, which then says so
                let _ = service.send(Call { method: method.to_owned(), body, answer }).await;
                return;
            }
        };
        answer.send(SERVICE_FAILURE, WHOLE, refused.into_bytes(), true).await;
    }
}

async fn write(mut waiting: mpsc::Receiver<Vec<u8>>, mut to: OwnedWriteHalf) {
    while let Some(bytes) = waiting.recv().await {
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Reads until the connection ends; then nobody waits any longer.
async fn read(mut from: OwnedReadHalf, shared: Arc<Shared>) {
    loop {
        match packet::read(&mut from).await {
            Ok(Some(kind)) => shared.take(kind).await,
            Ok(None) => (),
            Err(_) => break,
        }
    }
    *shared.state() = State::default();
}

fn encode(result: &Result<Value, Value>) -> Vec<u8> {
    // a JSON value has nothing that flexbuffers could not hold
    flexbuffers::to_vec(result).unwrap_or_default()
}

fn decode(data: &[u8]) -> Result<Value, String> {
    flexbuffers::from_slice(data).map_err(|e| format!("not flexbuffers: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_pass_through_flexbuffers() {
        let value = json!({
            "activityId": "a", "exeScript": [{"deploy": {}}, {"run": {"entry_point": "/x", "args": ["1", "ü"]}}],
            "timeout": 1.5, "commandIndex": null, "mixed": [1, "two", [3.0, -4]], "bytes": [0, 255]
        });
        assert_eq!(decode(&flexbuffers::to_vec(&value).unwrap()).unwrap(), value);
        assert_eq!(decode(&encode(&Ok(json!(null)))).unwrap(), json!({"Ok": null}));
        assert_eq!(decode(&encode(&Err(json!("timeout")))).unwrap(), json!({"Err": "timeout"}));
    }
}
