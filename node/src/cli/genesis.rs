//! `vantage genesis`: found a network, show one.

use super::args::{GenesisCommand, GenesisCreateArgs, GenesisShowArgs};
use super::control::now_s;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::file;
use super::render::{Out, Table};
use std::collections::BTreeMap;
use std::path::Path;
use vantage_api::output::{GenesisShown, MemberShown};
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::moment::utc;
use vantage_protocol::params::{GAP_S_MIN, GAP_S_MIN_TEST};
use vantage_protocol::wire::Wire;

/// Longest genesis file that is read; the canonical form is bounded by the same number.
const FILE_BYTES_MAX: u64 = Genesis::BYTES_MAX as u64;

/// Carries the command out.
pub(super) fn genesis(command: &GenesisCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        GenesisCommand::Create(args) => create(args, out),
        GenesisCommand::Show(args) => show(args, out),
    }
}

/// Reads and checks a genesis file.
pub(super) fn read(path: &Path) -> CliResult<Genesis> {
    let text = file::read_text(path, FILE_BYTES_MAX)?;
    Genesis::from_toml(&text).map_err(|error| {
        CliError::usage(format!("the genesis is not valid: {error}"))
            .at(path.display())
            .advise("correct the file, or get the genesis again from the network's founders")
    })
}

fn create(args: &GenesisCreateArgs, out: &mut Out) -> CliResult<Exit> {
    let mut committee = args.members.clone();
    committee.sort_by_key(|m| m.root);
    refuse_twice(&committee)?;
    let genesis = Genesis {
        v: EDITION,
        name: args.name.clone(),
        founded_s: args.founded.unwrap_or_else(now_s),
        test: args.test,
        gap_s_min: args.gap.map_or(if args.test { GAP_S_MIN_TEST } else { GAP_S_MIN }, |gap| gap.0),
        output_bytes_max: args.output_max,
        founders: args.founders.clone(),
        committee,
    };
    genesis.check().map_err(|why| {
        CliError::usage(format!("no valid genesis: {why}"))
            .at("the arguments of `vantage genesis create`")
            .advise(advice(&why))
    })?;
    file::write_new(&args.out, genesis.to_toml().as_bytes())?;
    if out.is_json() {
        out.object(&GenesisShown { file: Some(args.out.display().to_string()), ..shown(&genesis) });
        return Ok(Exit::Done);
    }
    print(&genesis, out);
    out.line("");
    out.line(format!("written to {}", args.out.display()));
    out.line("give the file to every node, and its hash to every verifier, by a way they trust");
    Ok(Exit::Done)
}

fn refuse_twice(sorted: &[Member]) -> CliResult<()> {
    match sorted.windows(2).find(|pair| pair[0].root == pair[1].root) {
        None => Ok(()),
        Some(pair) => Err(CliError::usage("a root key stands for two members")
            .at(format!("--member {}", pair[0].root.node_id()))
            .advise("give every node keys of its own with `vantage init`")),
    }
}

fn advice(why: &str) -> &'static str {
    if why.starts_with("gap_s_min") {
        "raise --gap; only a test network (--test) may have gaps below 30s"
    } else if why.starts_with("test") {
        "add --test: everything that comes of the network says so"
    } else if why.starts_with("committee") {
        "change the --member arguments: 1 to 22 members, each ROOTKEY,OPERATOR,REGION"
    } else {
        "change the argument that is named; see `vantage help genesis create`"
    }
}

fn show(args: &GenesisShowArgs, out: &mut Out) -> CliResult<Exit> {
    let genesis = read(&args.file)?;
    if out.is_json() {
        out.object(&shown(&genesis));
    } else {
        print(&genesis, out);
    }
    Ok(Exit::Done)
}

fn shown(genesis: &Genesis) -> GenesisShown {
    let member = |member: &Member| MemberShown {
        node: member.root.node_id(),
        operator: member.operator.clone(),
        region: member.region.clone(),
    };
    GenesisShown {
        name: genesis.name.clone(),
        net: genesis.net(),
        test: genesis.test,
        founded_s: genesis.founded_s,
        gap_s_min: genesis.gap_s_min,
        output_bytes_max: genesis.output_bytes_max,
        founders: genesis.founders.clone(),
        n: genesis.size(),
        q: genesis.quorum(),
        f: genesis.faults(),
        operators: operators(genesis).len(),
        warnings: warnings(genesis),
        members: genesis.committee.iter().map(member).collect(),
        file: None,
    }
}

fn print(genesis: &Genesis, out: &mut Out) {
    let kind = if genesis.test { "test network: simulated targets are allowed" } else { "no" };
    out.pairs(&[
        ("name", genesis.name.clone()),
        ("hash", genesis.net().to_string()),
        ("test", kind.to_owned()),
        ("founded", utc(genesis.founded_s)),
        ("founders", genesis.founders.join("; ")),
        ("gap", format!("{} s at least between deadlines", genesis.gap_s_min)),
        ("outputs", format!("{} bytes at most", genesis.output_bytes_max)),
        (
            "quorum",
            format!(
                "n = {}, q = {}, f = {}; {} operators",
                genesis.size(),
                genesis.quorum(),
                genesis.faults(),
                operators(genesis).len()
            ),
        ),
    ]);
    out.line("");
    let mut table = Table::new(&["member", "operator", "region"]);
    for member in &genesis.committee {
        table.row([
            member.root.node_id().to_string().into(),
            member.operator.as_str().into(),
            member.region.as_str().into(),
        ]);
    }
    out.table(&table);
    for warning in warnings(genesis) {
        out.painted(super::render::Paint::Warn, "note: ", warning);
    }
}

fn operators(genesis: &Genesis) -> BTreeMap<&str, usize> {
    let mut seats = BTreeMap::new();
    for member in &genesis.committee {
        *seats.entry(member.operator.as_str()).or_insert(0) += 1;
    }
    seats
}

/// What a founder should know about this committee.
fn warnings(genesis: &Genesis) -> Vec<String> {
    let (n, q, f) = (genesis.size(), genesis.quorum(), genesis.faults());
    let mut warnings = Vec::new();
    if f == 0 {
        warnings.push(format!("with {n} members no fault is tolerated; 4 are needed to tolerate one"));
    }
    for (operator, seats) in operators(genesis) {
        if seats >= q && n > 1 {
            warnings.push(format!("{operator} alone holds a quorum ({seats} of {q} needed)"));
        } else if seats > f && n > 1 && f > 0 {
            warnings
                .push(format!("{operator} alone holds {seats} seats, more than the {f} that may be faulty"));
        }
    }
    warnings
}
