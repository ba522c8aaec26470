//! `vantage bench-golem`: what it costs in time to have a provider answer, against the same runner on this machine. For
//! the benchmarks, which may not know the requestor; hidden, since an operator learns nothing to act on.

use super::args::BenchGolemArgs;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::Out;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use vantage_daemon::clock;
use vantage_golem::{
    Account, AppKey, Caps, Command, Daemon, Image, Journal, JournalError, NANO, Nano, Order, Requestor,
    Times, is_test_platform,
};
use vantage_runner::{Answer, Message, ModelStore, PulledModel, Question, Runner};

/// The program in the task image.
const PROGRAM: &str = "/vantage/vantage-runner";
/// What is asked again and again; the answer is short, so that the way to it shows.
const QUESTION: &str = "Name one colour.";
/// Most tokens of an answer.
const TOKENS_MAX: u32 = 8;
/// The longest answer with what stands beside it, bytes.
const OUTPUT_BYTES_MAX: usize = 16 * 1024;
/// How long one measurement may take, milliseconds.
const WORK_MS_MAX: u64 = 1_800_000;

/// Times of each round.
#[derive(Serialize)]
struct Measured {
    /// Questions, one after the other.
    tasks: u32,
    rounds: Vec<Round>,
}

/// One round, milliseconds.
#[derive(Serialize)]
struct Round {
    /// All questions to one runner that is started for them.
    embedded_ms: f64,
    /// Each question to a runner of its own, as a task image does it.
    apart_ms: f64,
    /// All questions under one agreement, from the first demand to the last answer.
    golem_ms: f64,
    /// Of that, until the first answer.
    first_ms: f64,
    /// Agreements that it took: one, if nothing went wrong.
    agreements: usize,
}

/// Nothing is written down: the money is a test network's, and the daemon is the benchmark's own.
#[derive(Debug)]
struct Unwritten;

impl Journal for Unwritten {
    fn open(&self, _: &Account) -> Result<(), JournalError> {
        Ok(())
    }
    fn keep(&self, _: &Account) -> Result<(), JournalError> {
        Ok(())
    }
    fn close(&self, _: &Account) -> Result<(), JournalError> {
        Ok(())
    }
}

pub(super) fn run(args: &BenchGolemArgs, out: &mut Out) -> CliResult<Exit> {
    if !is_test_platform(&args.platform) {
        return Err(
            CliError::usage("only money of a test network is spent on a benchmark").at(&args.platform)
        );
    }
    let bench = Bench::new(args)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::failed)?;
    let rounds =
        (0..args.rounds).map(|round| bench.round(&runtime, round)).collect::<CliResult<Vec<Round>>>()?;
    out.object(&Measured { tasks: args.tasks, rounds });
    Ok(Exit::Done)
}

struct Bench {
    tasks: u32,
    model: PulledModel,
    program: PathBuf,
    requestor: Requestor,
    command: Command,
}

impl Bench {
    fn new(args: &BenchGolemArgs) -> CliResult<Self> {
        let question = Question {
            max_tokens: TOKENS_MAX,
            messages: vec![Message::user(QUESTION)],
            model: args.model.clone(),
            seed: None,
            temperature_milli: None,
        };
        let question = serde_json::to_string(&question).map_err(CliError::failed)?;
        let order = Order {
            runtime: args.runtime.clone(),
            subnet: args.subnet.clone(),
            image: Image { url: args.image_url.clone(), sha3_224: args.image_sha3_224.clone() },
            platform: args.platform.clone(),
            mem_gib: 1,
            storage_gib: 1,
            threads: 1,
            caps: Caps { hour: Nano(NANO), cpu_second: Nano(NANO / 1000), start: Nano(NANO / 100) },
            landmarks: Vec::new(),
        };
        let seconds = Duration::from_secs;
        let times = Times {
            hire: seconds(60),
            start: seconds(120),
            command: seconds(120),
            rent: seconds(1800),
            invoice: seconds(20),
        };
        let key = std::env::var("YAGNA_APPKEY").unwrap_or_default();
        let key = AppKey::new(&key).map_err(|error| CliError::usage(error).at("YAGNA_APPKEY"))?;
        let daemon =
            Daemon::new(&args.daemon, &key).map_err(|error| CliError::usage(error).at("--daemon"))?;
        Ok(Self {
            tasks: args.tasks,
            model: ModelStore::new(&args.models).open(&args.model).map_err(CliError::failed)?,
            program: std::env::current_exe().map_err(CliError::failed)?,
            requestor: Requestor { daemon, order, probe: None, times, journal: Arc::new(Unwritten) },
            command: Command {
                program: PROGRAM.to_owned(),
                args: vec!["answer".to_owned(), question],
                output_bytes_max: OUTPUT_BYTES_MAX,
            },
        })
    }

    /// They take turns, and the order turns around: what drifts favours none.
    fn round(&self, runtime: &tokio::runtime::Runtime, round: u32) -> CliResult<Round> {
        let golem = || runtime.block_on(self.golem());
        let (here, there) = match round.is_multiple_of(2) {
            true => {
                let here = (self.embedded()?, self.apart()?);
                (here, golem()?)
            }
            false => {
                let there = golem()?;
                ((self.embedded()?, self.apart()?), there)
            }
        };
        let (golem_ms, first_ms, agreements) = there;
        Ok(Round { embedded_ms: here.0, apart_ms: here.1, golem_ms, first_ms, agreements })
    }

    fn embedded(&self) -> CliResult<f64> {
        let began = Instant::now();
        let mut runner = self.runner()?;
        for _ in 0..self.tasks {
            self.ask(&mut runner)?;
        }
        Ok(since(began))
    }

    fn apart(&self) -> CliResult<f64> {
        let began = Instant::now();
        for _ in 0..self.tasks {
            self.ask(&mut self.runner()?)?;
        }
        Ok(since(began))
    }

    fn runner(&self) -> CliResult<Runner> {
        Runner::start(&self.program, &["runner"], &self.model).map_err(CliError::failed)
    }

    fn ask(&self, runner: &mut Runner) -> CliResult<()> {
        let asked = runner.generate(&[Message::user(QUESTION)], TOKENS_MAX, None, &|| false);
        asked.map(|_| ()).map_err(CliError::failed)
    }

    /// Milliseconds to the last and to the first answer, and agreements.
    async fn golem(&self) -> CliResult<(f64, f64, usize)> {
        let until_ms = clock::now_ms() + WORK_MS_MAX;
        let began = Instant::now();
        let most = Nano(NANO);
        let mut session = self.requestor.open("benchmark", most, until_ms).await.map_err(CliError::failed)?;
        let mut first_ms = None;
        let mut failed = None;
        for _ in 0..self.tasks {
            let read = |output: &[u8]| match Answer::read(output) {
                Ok(Answer::Answered { .. }) => Ok(()),
                Ok(Answer::Refused(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let ran = session.run(&self.command, until_ms, &CancellationToken::new(), read).await;
            if let Err(failure) = ran.result {
                failed = Some(failure);
                break;
            }
            first_ms.get_or_insert_with(|| since(began));
        }
        let golem_ms = since(began);
        let closed = session.close().await;
        match (failed, closed.left_open) {
            (Some(failure), _) => Err(CliError::failed(failure)),
            (None, Some(left)) => Err(CliError::failed(format!("left open: {left}"))),
            (None, None) => Ok((golem_ms, first_ms.unwrap_or(golem_ms), closed.account.deals.len())),
        }
    }
}

fn since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}
