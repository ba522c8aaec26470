//! `vantage-testnet`: the demo, the simulator, simulated vendors, and tests on real processes.

mod command;

use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;

/// Test networks of Vantage.
#[derive(Debug, Parser)]
#[command(name = "vantage-testnet", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure what this version takes, in ratios that mean something on any machine
    Bench(vantage_testnet::bench::BenchArgs),
    /// Measure how often the comparison is wrong, and how often it finds what is there, on a corpus of answers
    Calibrate(vantage_testnet::calibrate::CalibrateArgs),
    /// Run the main job end to end on real processes, and verify it as a stranger would
    Demo(vantage_testnet::demo::DemoArgs),
    /// Run one job here and on Golem: real daemons and market, a simulated provider, payment on a local chain
    Golem(vantage_testnet::golem::GolemArgs),
    /// Kill processes at random moments of real jobs and check that nothing is lost
    Kill(vantage_testnet::kill::KillArgs),
    /// Run jobs over the real core in a simulated world, and check every invariant
    Sim(command::sim::SimArgs),
    /// Serve a simulated vendor until Ctrl-C
    Vendor(command::vendor::VendorArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // what a panic says may hold anything that the program read
        let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        let _closed = writeln!(std::io::stderr(), "vantage-testnet: a defect, at {place}: please report it");
    }));
    let done = match Cli::parse().command {
        Command::Bench(arguments) => command::bench::run(&arguments).await,
        Command::Calibrate(arguments) => command::calibrate::run(&arguments),
        Command::Demo(arguments) => vantage_testnet::demo::run(&arguments).await.map_err(anyhow::Error::from),
        Command::Golem(arguments) => {
            vantage_testnet::golem::run(&arguments).await.map_err(anyhow::Error::from)
        }
        Command::Kill(arguments) => command::kill::run(&arguments).await,
        Command::Sim(arguments) => command::sim::run(&arguments),
        Command::Vendor(arguments) => command::vendor::run(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}
