//! A peer that speaks any protocol in any bytes.

use std::io;
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::request_response::{self, Event, Message, ProtocolSupport};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};

/// Far beyond what any stream takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Writes what it is given and reads to the end, whatever it means.
#[derive(Clone)]
pub struct RawCodec;

async fn read_all<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

impl request_response::Codec for RawCodec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        read_all(io).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        read_all(io).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await
    }
}

pub struct RawPeer {
    swarm: Swarm<request_response::Behaviour<RawCodec>>,
    to: PeerId,
}

impl RawPeer {
    /// Connects and waits until it stands.
    pub async fn connect(protocol: &'static str, to: PeerId, addr: Multiaddr) -> Self {
        let protocols = [(StreamProtocol::new(protocol), ProtocolSupport::Full)];
        let settings = request_response::Config::default().with_request_timeout(PATIENCE);
        let behaviour = request_response::Behaviour::with_codec(RawCodec, protocols, settings);
        let mut swarm = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| behaviour)
            .unwrap()
            .with_swarm_config(|c| c.with_idle_connection_timeout(PATIENCE))
            .build();
        swarm.dial(addr).unwrap();
        while !swarm.is_connected(&to) {
            swarm.select_next_some().await;
        }
        Self { swarm, to }
    }

    pub fn id(&self) -> PeerId {
        *self.swarm.local_peer_id()
    }

    /// Opens a stream and writes these bytes.
    pub fn send(&mut self, bytes: Vec<u8>) {
        let to = self.to;
        self.swarm.behaviour_mut().send_request(&to, bytes);
    }

    /// How the other side ended a stream of ours: what it answered, or an error.
    pub async fn answer(&mut self) -> Result<Vec<u8>, String> {
        loop {
            match self.swarm.select_next_some().await {
                SwarmEvent::Behaviour(Event::Message {
                    message: Message::Response { response, .. }, ..
                }) => {
                    return Ok(response);
                }
                SwarmEvent::Behaviour(Event::OutboundFailure { error, .. }) => return Err(error.to_string()),
                _ => {}
            }
        }
    }

    /// What the other side writes on a stream of its own.
    pub async fn hear(&mut self) -> Vec<u8> {
        loop {
            if let SwarmEvent::Behaviour(Event::Message {
                message: Message::Request { request, .. }, ..
            }) = self.swarm.select_next_some().await
            {
                return request;
            }
        }
    }
}
