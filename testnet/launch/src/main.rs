//! `cargo demo` and `cargo testnet`: builds everything once, then becomes `vantage-testnet`.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;
use vantage_launch::{Profile, Progress, build, clean};

fn main() -> ExitCode {
    let folder = match build(Profile::Dev, Progress::Shown) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let program = folder.join("vantage-testnet");
    // takes this process's place, so that Ctrl-C and exit codes are its own; comes back only if it can't start
    let error = clean(&program).args(std::env::args_os().skip(1)).exec();
    eprintln!("error: {}: {error}", program.display());
    ExitCode::FAILURE
}
