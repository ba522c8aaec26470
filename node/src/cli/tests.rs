use super::args::*;
use super::*;
use clap::Parser as _;

fn parse(line: &str) -> Result<Command, clap::Error> {
    Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command)
}

#[test]
fn the_grammar_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn a_job_is_ordered_with_repeats_a_plan_and_deadlines() {
    let line = "vantage job submit suite.toml --regions us,eu --target sim:openai=2 --target open:smollm2-135m \
                --plan plan.toml --commit 2m --reveal 30 --final 1h --calls-max 9 --watch";
    let Ok(Command::Job(JobCommand::Submit(args))) = parse(line) else { panic!("parses") };
    assert_eq!(args.regions, ["us", "eu"]);
    assert_eq!(
        args.targets.iter().map(|(t, n)| (t.as_str(), *n)).collect::<Vec<_>>(),
        [("sim:openai", 2), ("open:smollm2-135m", 1)]
    );
    assert_eq!(args.plan.as_deref(), Some(std::path::Path::new("plan.toml")));
    assert_eq!((args.commit.0, args.reveal.0, args.last.0), (120, 30, 3600));
    assert_eq!((args.replicas, args.calls_max, args.watch, args.json), (2, Some(9), true, false));
}

#[test]
fn what_is_missing_or_malformed_is_a_usage_error() {
    for line in [
        "vantage",
        "vantage fly",
        "vantage job submit suite.toml --regions eu",
        "vantage job submit suite.toml --target sim:openai",
        "vantage job submit suite.toml --regions EU --target sim:openai",
        "vantage job submit suite.toml --regions eu --target gpt",
        "vantage job submit suite.toml --regions eu --target sim:openai --commit 2w",
        "vantage genesis create --name x --out f",
        "vantage genesis create --name x --member a,b --out f",
        "vantage init --listen nonsense",
        "vantage verify",
        "vantage verify x --peer nonsense",
        "vantage completions tcsh",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn every_command_teaches_by_help() {
    let mut root = Cli::command();
    root.build();
    let mut open = vec![root];
    while let Some(mut command) = open.pop() {
        if command.is_hide_set() || command.get_name() == "help" {
            continue;
        }
        open.extend(command.get_subcommands().cloned());
        assert!(command.get_about().is_some(), "{} says what it does", command.get_name());
        let help = command.render_long_help().to_string();
        for part in ["Example", "Exit codes:", "  2  wrong usage"] {
            assert!(help.contains(part), "{}: {part} is missing:\n{help}", command.get_name());
        }
        // a group's examples are of its own commands
        if command.get_name() != "vantage" {
            let own = format!("  vantage {}", command.get_bin_name().unwrap().trim_start_matches("vantage "));
            let named = help.lines().any(|line| line.contains(own.trim()));
            assert!(named, "{own}: no example of it:\n{help}");
        }
    }
}
