//! The command line of `vantage`.
//!
//! Every command prints tables and lines for people or, with `--json`, objects of a stable shape for programs; ends
//! with a documented exit code ([`Exit`]); and tells its errors as what, where and what to do ([`CliError`]).

mod amount;
mod args;
mod bench_golem;
mod bench_publish;
mod bench_store;
mod bundle;
mod comparison;
mod content_id;
mod control;
mod crash;
mod data;
mod doctor;
mod error;
mod exit;
mod fetch;
mod file;
mod genesis;
mod golem;
mod hub;
mod init;
mod job;
mod live;
mod log;
mod man;
mod model;
mod peers;
mod proof;
mod recompute;
mod render;
mod report;
mod run;
mod series;
mod spending;
mod standing;
mod statement;
mod status;
mod suite;
mod target;
mod upkeep;
mod usage;
mod verdict;
mod verify;
mod watch;

pub use args::Cli;
pub use error::CliError;
pub use exit::Exit;

use args::{Command, GenesisCommand, JobCommand, ModelCommand, TargetCommand};
use clap::{CommandFactory as _, FromArgMatches as _};
use error::CliResult;
use render::Out;
use std::process::ExitCode;

/// The program: reads the arguments, carries the command out, tells how it ended.
pub fn main() -> ExitCode {
    crash::quiet_panics();
    let command = without_empty_variables(Cli::command());
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            usage::tell(&error);
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let json = wants_json(&cli.command);
    let mut out = Out::stdout(json);
    let result = carry_out(&cli.command, &mut out).and_then(|exit| out.finish().map(|()| exit));
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            render::note(&error);
            if json {
                Out::stdout(true).object(&error.to_object());
            }
            error.exit().into()
        }
    }
}

/// Arguments take what their environment variable says, unless it is empty.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(None::<&'static str>) } else { arg })
        .mut_subcommands(without_empty_variables)
}

fn carry_out(command: &Command, out: &mut Out) -> CliResult<Exit> {
    match command {
        Command::Init(args) => init::init(args, out),
        Command::Genesis(command) => genesis::genesis(command, out),
        Command::Run(args) => run::run(args),
        Command::Status(args) => status::status(args, out),
        Command::Peers(args) => peers::peers(args, out),
        Command::Log(args) => log::log(args, out),
        Command::Proof(args) => proof::proof(args, out),
        Command::Doctor(args) => doctor::doctor(args, out),
        Command::Stop(args) => status::stop(args, out),
        Command::Backup(args) => upkeep::backup(args, out),
        Command::Restore(args) => upkeep::restore(args, out),
        Command::Move(args) => upkeep::relocate(args, out),
        Command::Prune(args) => upkeep::prune(args, out),
        Command::Job(command) => job::job(command, out),
        Command::Suite(command) => suite::suite(command, out),
        Command::Series(command) => series::series(command, out),
        Command::Verify(args) => verify::run(args, out),
        Command::Report(args) => report::run(args, out),
        Command::Bundle(command) => bundle::bundle(command, out),
        Command::Model(command) => model::model(command, out),
        Command::Target(command) => target::target(command, out),
        Command::Golem(command) => golem::golem(command, out),
        Command::Completions { shell } => completions(*shell, out),
        Command::Man(args) => man::man(args, out),
        Command::Runner => runner(),
        Command::BenchStore(args) => bench_store::run(args, out),
        Command::BenchPublish(args) => bench_publish::run(args, out),
        Command::BenchGolem(args) => bench_golem::run(args, out),
    }
}

fn wants_json(command: &Command) -> bool {
    match command {
        Command::Init(args) => args.json,
        Command::Genesis(GenesisCommand::Create(args)) => args.json,
        Command::Genesis(GenesisCommand::Show(args)) => args.json,
        Command::Run(args) => args.json,
        Command::Status(args) => args.json,
        Command::Peers(args) => args.json,
        Command::Log(args) => args.json,
        Command::Proof(args) => match &args.command {
            Some(args::ProofCommand::Check(args)) => args.json,
            None => args.json,
        },
        Command::Doctor(args) => args.json,
        Command::Suite(args::SuiteCommand::Check(args)) => args.json,
        Command::Suite(args::SuiteCommand::Plan(args)) => args.json,
        Command::Stop(args) => args.json,
        Command::Backup(args) => args.json,
        Command::Restore(args) => args.json,
        Command::Move(args) => args.json,
        Command::Prune(args) => args.json,
        Command::Job(JobCommand::Submit(args)) => args.json,
        Command::Job(JobCommand::List(args)) => args.json,
        Command::Job(JobCommand::Show(args)) => args.json,
        Command::Job(JobCommand::Watch(args)) => args.json,
        Command::Job(JobCommand::Cancel(args)) => args.json,
        Command::Series(args::SeriesCommand::Show(args)) => args.json,
        Command::Verify(args) => args.json,
        Command::Report(args) => args.json || args.format == args::ReportFormat::Json,
        Command::Bundle(args::BundleCommand::Export(args)) => args.json,
        Command::Bundle(args::BundleCommand::Import(args)) => args.json,
        Command::Model(ModelCommand::Pull(args)) => args.json,
        Command::Model(ModelCommand::List(args)) => args.json,
        Command::Model(ModelCommand::Recompute(args)) => args.json,
        Command::Target(TargetCommand::Probe(args)) => args.json,
        Command::Target(TargetCommand::List(args)) => args.json,
        Command::Golem(args::GolemCommand::Offers(args)) => args.json,
        Command::BenchStore(_) | Command::BenchPublish(_) | Command::BenchGolem(_) => true,
        Command::Completions { .. } | Command::Man(_) | Command::Runner => false,
    }
}

fn completions(shell: clap_complete::Shell, out: &mut Out) -> CliResult<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown(), "vantage", &mut script);
    out.put(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}

/// The grammar without what is hidden: the generators would offer it.
fn shown() -> clap::Command {
    let whole = Cli::command();
    let commands = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    clap::Command::new("vantage").subcommands(commands).args(whole.get_arguments().cloned())
}

/// The child process that [`vantage_runner::Runner`] starts.
fn runner() -> CliResult<Exit> {
    vantage_runner::serve(std::io::stdin(), &mut std::io::stdout().lock()).map(|()| Exit::Done).map_err(
        |error| {
            CliError::failed(error).at("the model's process").advise("this command is for the node's own use")
        },
    )
}

#[cfg(test)]
mod tests;
