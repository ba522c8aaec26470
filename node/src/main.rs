//! The program `vantage`: a node and its command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    vantage_node::cli::main()
}
