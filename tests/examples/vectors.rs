//! Compares the golden vectors with what the code makes now, or writes them anew.

use anyhow::Result;
use clap::Parser;
use std::process::ExitCode;
use vantage_tests::vectors::{folder, read, vectors, write};

/// Golden vectors: the exact bytes of everything that travels, is stored or is hashed.
///
/// Exits with 1 when files and code differ.
#[derive(Parser)]
struct Arguments {
    /// Write all files anew
    #[arg(long)]
    write: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let (folder, vectors) = (folder(), vectors());
    if arguments.write {
        write(&folder, vectors)?;
        println!("{} vectors written", vectors.len());
        return Ok(ExitCode::SUCCESS);
    }
    let mut files = read(&folder)?;
    let mut differences = 0;
    for vector in vectors {
        let verdict = match files.remove(&vector.path()) {
            None => "has no files",
            Some((bytes, _)) if bytes != vector.bytes => "differs in bytes",
            Some((_, description)) if description != vector.description() => "differs in description",
            Some(_) => continue,
        };
        differences += 1;
        println!("{} {verdict}", vector.path());
    }
    for path in files.keys() {
        differences += 1;
        println!("{path} is made by no code");
    }
    println!("{} vectors, {differences} differences", vectors.len());
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
