//! Parses, sets up logging, prints an error, sets the exit code; nothing else.

use leakproof::{cli, run};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_panics();
    let typed = match cli::parse(std::env::args_os()) {
        Ok(typed) => typed,
        Err((0, text)) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err((code, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            return ExitCode::from(code);
        }
    };
    log_own_words_only(typed.verbose, typed.quiet);
    match run::run(typed) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let mut text = format!("error: {error}\n");
            if let Some(help) = error.help() {
                text.push_str(&format!("help: {help}\n"));
            }
            let _ = std::io::stderr().write_all(run::printable(&text).as_bytes());
            ExitCode::from(2)
        }
    }
}

/// HTTP libraries log headers at trace level: only our own target is admitted, whatever RUST_LOG says.
fn log_own_words_only(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => log::LevelFilter::Error,
        (false, 0) => log::LevelFilter::Warn,
        (false, 1) => log::LevelFilter::Info,
        (false, 2) => log::LevelFilter::Debug,
        (false, _) => log::LevelFilter::Trace,
    };
    env_logger::Builder::new().filter_level(log::LevelFilter::Off).filter_module("leakproof", level).init();
}

/// A panic's message may hold a value: its place is printed, nothing else.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "internal error at {place}: please report it");
    }));
}
