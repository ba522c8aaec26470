//! Command-line options.

use std::path::PathBuf;

use clap::Parser;
use vantage_net::Multiaddr;

/// Hexadecimal digits of a short network id.
const NET16_LEN: usize = 16;
/// Hexadecimal digits of a genesis hash.
const GENESIS_HASH_LEN: usize = 64;

/// Rendezvous and DHT entry point of a Vantage network. It carries no gossip and cosigns nothing.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 stopped by SIGINT or SIGTERM, 1 failed, 2 wrong arguments.\n\
    RUST_LOG sets what is logged, for example RUST_LOG=debug."
)]
pub struct Options {
    /// Network: the genesis hash in hex, or its first 16 digits.
    #[arg(long, value_name = "HEX", value_parser = parse_net16)]
    pub net: String,
    /// Address to listen on; may be repeated. Port 0 picks a free one.
    #[arg(long, value_name = "MULTIADDR",
        default_values = ["/ip4/0.0.0.0/tcp/4701", "/ip4/0.0.0.0/udp/4701/quic-v1"])]
    pub listen: Vec<Multiaddr>,
    /// Address under which others reach this host, if it is not the one listened on; may be repeated.
    #[arg(long, value_name = "MULTIADDR")]
    pub external: Vec<Multiaddr>,
    /// Another entry point, ending in /p2p/PEER_ID; may be repeated.
    #[arg(long, value_name = "MULTIADDR")]
    pub bootstrap: Vec<Multiaddr>,
    /// Directory of the key file, created if need be. Keep it: the peer id in everybody's configuration hangs on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Let private and loopback addresses be dialled and passed on: for test networks only.
    #[arg(long)]
    pub allow_private: bool,
    /// Print the addresses as one line of JSON, and log in JSON.
    #[arg(long)]
    pub json: bool,
}

/// The first 16 digits of a genesis hash, from it or from themselves.
fn parse_net16(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) || ![NET16_LEN, GENESIS_HASH_LEN].contains(&text.len()) {
        return Err(format!(
            "want {GENESIS_HASH_LEN} hex digits (the genesis hash) or its first {NET16_LEN}"
        ));
    }
    Ok(text.chars().take(NET16_LEN).collect())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn networks_are_named_by_hash_or_its_beginning() {
        let short = "0123456789abcdef";
        assert_eq!(parse_net16(short).unwrap(), short);
        assert_eq!(parse_net16(&short.repeat(4).to_uppercase()).unwrap(), short);
        for wrong in ["", "0123", "0123456789abcdeg", &short.repeat(2), "0123456789abcdéf"] {
            assert!(parse_net16(wrong).is_err(), "{wrong}");
        }
    }
}
