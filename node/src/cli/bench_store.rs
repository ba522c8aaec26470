//! `vantage bench-store`: what a durable statement costs on this disk. For the benchmarks, which may not know the
//! store; hidden, since an operator learns nothing to act on.

use super::args::BenchStoreArgs;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::Out;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write as _};
use std::time::Instant;
use vantage_daemon::store::{Batch, Store};
use vantage_protocol::attester::Record;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::wire;

/// Statements that are written together: as many inputs as the engine takes into one group.
const GROUP: usize = 64;
/// Bytes of a statement's leaf: a commit's, with room for longer names.
const LEAF_BYTES: usize = 256;

/// Medians of each round.
#[derive(Serialize)]
struct Measured {
    record_bytes: usize,
    group: usize,
    rounds: Vec<Round>,
}

/// Median times, microseconds.
#[derive(Serialize)]
struct Round {
    /// A raw append of equal bytes and fdatasync.
    raw_us: f64,
    /// One statement in the store.
    alone_us: f64,
    /// A group of statements in the store.
    group_us: f64,
}

pub(super) fn run(args: &BenchStoreArgs, out: &mut Out) -> CliResult<Exit> {
    let mut bench = Bench::open(args)?;
    let rounds = (0..args.rounds).map(|_| bench.round(args.statements)).collect::<CliResult<Vec<Round>>>()?;
    out.object(&Measured { record_bytes: bench.record_bytes(), group: GROUP, rounds });
    Ok(Exit::Done)
}

struct Bench {
    store: Store,
    raw: File,
    said: u64,
}

impl Bench {
    fn open(args: &BenchStoreArgs) -> CliResult<Self> {
        let failed = |error: io::Error| CliError::file("write", &args.data, &error);
        // never beside a node's own
        if args.data.read_dir().map_err(failed)?.next().is_some() {
            return Err(CliError::usage("the directory is not empty").at(args.data.display()));
        }
        let store = Store::open(&args.data, &NetId([0; 32]), &NodeId([0; 32])).map_err(CliError::failed)?;
        let raw = File::options().create(true).append(true).open(args.data.join("raw")).map_err(failed)?;
        Ok(Self { store, raw, said: 0 })
    }

    fn record_bytes(&mut self) -> usize {
        wire::encode(&self.record()).len()
    }

    /// All three take turns, so that none has the disk to itself.
    fn round(&mut self, statements: usize) -> CliResult<Round> {
        let (mut raw, mut alone, mut group) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..statements.max(1) {
            let bytes = wire::encode(&self.record());
            let mut file = &self.raw;
            raw.push(timed(|| file.write_all(&bytes).and_then(|()| file.sync_data()))?);
            let batch = self.batch(1);
            alone.push(timed(|| self.store.commit(batch))?);
            let batch = self.batch(GROUP);
            group.push(timed(|| self.store.commit(batch))?);
        }
        Ok(Round { raw_us: median(raw), alone_us: median(alone), group_us: median(group) })
    }

    fn batch(&mut self, statements: usize) -> Batch {
        let mut batch = Batch::default();
        for _ in 0..statements {
            batch.record(&self.record());
        }
        batch
    }

    /// A statement of its own each time, as a member's own leaf is.
    fn record(&mut self) -> Record {
        self.said += 1;
        let seed = sha256(&self.said.to_be_bytes()).0;
        Record::OwnLeaf(seed.iter().copied().cycle().take(LEAF_BYTES).collect::<Vec<u8>>().into())
    }
}

fn timed<E: std::fmt::Display>(run: impl FnOnce() -> Result<(), E>) -> CliResult<f64> {
    let began = Instant::now();
    run().map_err(CliError::failed)?;
    Ok(began.elapsed().as_secs_f64() * 1e6)
}

/// Of times; 0 of none.
pub(super) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
