//! `vantage man`: manual pages, made from the grammar of the command line.

use super::args::{Cli, ManArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::file;
use super::render::Out;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

/// Section of the manual: programs.
const SECTION: &str = "1";

/// Carries the command out.
pub(super) fn man(args: &ManArgs, out: &mut Out) -> CliResult<Exit> {
    let pages = pages();
    if let Some(dir) = &args.out {
        std::fs::create_dir_all(dir).map_err(|error| {
            CliError::failed(error.to_string())
                .at(dir.display().to_string())
                .advise("choose a directory that you may write to")
        })?;
        for (name, page) in &pages {
            file::write_new(&dir.join(format!("{name}.{SECTION}")), page.as_bytes())?;
        }
        out.line(format!("{} pages in {}", pages.len(), dir.display()));
        return Ok(Exit::Done);
    }
    let name = [&["vantage".to_owned()], args.command.as_slice()].concat().join("-");
    match pages.iter().find(|(known, _)| *known == name) {
        Some((_, page)) => out.put(page),
        None => {
            return Err(CliError::usage(format!("there is no command {:?}", args.command.join(" ")))
                .at("the argument")
                .advise("`vantage help` lists the commands"));
        }
    }
    Ok(Exit::Done)
}

/// Name and text of every page: the program's, and one for each command that is shown.
pub(super) fn pages() -> Vec<(String, String)> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    let mut open = vec![("vantage".to_owned(), root)];
    while let Some((name, command)) = open.pop() {
        let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help");
        open.extend(shown.map(|sub| (format!("{name}-{}", sub.get_name()), sub.clone())));
        let page = page(&name, command);
        pages.push((name, page));
    }
    pages.sort();
    pages
}

fn page(name: &str, command: Command) -> String {
    // a page is named like its file; the synopsis shows the words apart
    let usage = name.replace('-', " ");
    // clap keeps names for good, and so do we: some dozens of them, and the program ends after this
    let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
    let command = command.name(kept).display_name(kept).bin_name(usage);
    let mut bytes = Vec::new();
    // writing to memory does not fail
    let _ = Man::new(command).section(SECTION).manual("Vantage").render(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_parts() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in
            ["vantage", "vantage-job-submit", "vantage-doctor", "vantage-proof-check", "vantage-status"]
        {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("runner") || name.contains("help")), "{names:?}");
        for (name, page) in &pages {
            for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
                assert!(page.contains(part), "{name}: {part}");
            }
        }
    }
}
