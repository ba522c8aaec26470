//! Rendezvous and DHT entry point of a Vantage network.
//!
//! It gives newcomers a first address to dial and keeps the provider records by which nodes find each other and
//! their content. It holds no log, no genesis and no witness key, so it can never cosign anything.
//!
//! It does not take part in gossip at all, not even as a forwarder. A router has to judge each message before it
//! passes it on, and this program cannot: accepting everything would make it a loudspeaker for junk and cost it its
//! standing with honest peers, ignoring everything would make it a hole in the mesh. Messages need no help either:
//! nodes that met here are connected with each other.

mod key;
mod options;
mod run;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::options::Options;

/// Exit code of everything that fails after the arguments were understood.
const FAILED: u8 = 1;
/// Exit code of arguments that cannot be understood; clap's own.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // what a panic says may hold anything that the program read
        let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        let _closed =
            writeln!(std::io::stderr(), "vantage-bootstrap: a defect, at {place}: please report it");
    }));
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let _closed_pipe = error.print();
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(USAGE) };
        }
    };
    match run::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // nobody listening is no reason to panic
            let _closed = writeln!(std::io::stderr(), "vantage-bootstrap: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}
