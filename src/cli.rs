//! What was typed. No I/O, and nothing of ours: words here, meaning in `run/`.

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::collections::VecDeque;
use std::path::PathBuf;

/// Proves that a service's secrets are in the custody of a secrets manager, and nowhere else.
#[derive(Debug, Parser)]
#[command(name = "leakproof", version, max_term_width = 80, after_help = AFTER)]
pub struct Cli {
    /// Also lists what passed; repeat for more of the log
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = OUTPUT, display_order = 900)]
    pub verbose: u8,
    /// Only failures and the verdict
    #[arg(short, long, global = true, help_heading = OUTPUT, display_order = 901)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "Exit codes: 0 all proven, 1 a failure, 2 usage or configuration error, \
                     3 something is unverified, 130 interrupted.\nFirst steps: leakproof demo, then leakproof check.";

const TARGETS: &str = "Targets";
const RULES: &str = "Rules";
const OUTPUT: &str = "Output";
const CONFIGURATION: &str = "Configuration";

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of them, once")]
pub enum Command {
    /// Run the checklist here
    Check(Check),
    /// Run the whole checklist on an embedded deployment: no Docker, cloud or network needed
    Demo(Demo),
    /// Write a configuration from what is found here
    Init(Init),
    /// Write reports again from a saved ledger, with no access to any system
    Report(Replay),
    /// List, show and check the rules
    Rules {
        /// What to do with them
        #[command(subcommand)]
        command: Rules,
    },
    /// Say what values are: JSON lines or dotenv text in, verdicts out, never the value
    Classify(Classify),
    /// Print a JSON Schema
    Schema {
        /// Of what
        what: SchemaOf,
    },
    /// Print a shell completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `leakproof check`. The order is the order of `--help`.
#[derive(Debug, Default, clap::Args)]
pub struct Check {
    /// A repository to examine; repeat for more
    #[arg(long = "repo", value_name = "PATH", help_heading = TARGETS)]
    pub repositories: Vec<PathBuf>,
    /// An image: NAME, docker-archive:FILE, oci:DIR or registry:HOST/NAME; repeat for more
    #[arg(long = "image", value_name = "REF", help_heading = TARGETS)]
    pub images: Vec<String>,
    /// Only this platform of images, OS/ARCH[/VARIANT]; repeat for more
    #[arg(long = "platform", value_name = "PLATFORM", help_heading = TARGETS)]
    pub platforms: Vec<String>,
    /// A container by name; repeat for more
    #[arg(long = "container", value_name = "NAME", help_heading = TARGETS)]
    pub containers: Vec<String>,
    /// The running service's base URL
    #[arg(long, value_name = "URL", help_heading = TARGETS)]
    pub url: Option<String>,
    /// No network at all: live systems leave the scope, files are judged alone
    #[arg(long, help_heading = TARGETS)]
    pub offline: bool,
    /// Only what is new since this revision, and what is staged: the scope of a change, not checklist item 8
    #[arg(long, value_name = "REV", help_heading = TARGETS)]
    pub since: Option<String>,
    /// Which rules: ci, smoke or audit; audit with a configuration, ci without
    #[arg(long, value_name = "PROFILE", help_heading = RULES)]
    pub profile: Option<String>,
    /// Exactly these rules, whatever the profile; repeat for more
    #[arg(long = "rule", value_name = "ID", help_heading = RULES)]
    pub rules_named: Vec<String>,
    /// A directory of further rules
    #[arg(long = "rules", value_name = "DIR", help_heading = RULES)]
    pub rules_dir: Option<PathBuf>,
    #[command(flatten)]
    /// Where the verdict goes
    pub output: Output,
    /// Save the ledger: facts only, no value, enough to write every report again
    #[arg(long, value_name = "PATH", help_heading = OUTPUT)]
    pub save_ledger: Option<PathBuf>,
    /// The configuration; ./leakproof.yaml if it exists
    #[arg(short, long, value_name = "FILE", help_heading = CONFIGURATION)]
    pub config: Option<PathBuf>,
    /// Read the configuration as it stands in this git ref (a pull request's base branch, say)
    #[arg(long, value_name = "REF", help_heading = CONFIGURATION)]
    pub config_from: Option<String>,
    /// Keep facts about unchanging objects here, so that the next run need not read them again; as trusted as this machine
    #[arg(long, value_name = "DIR", help_heading = CONFIGURATION)]
    pub cache: Option<PathBuf>,
    /// A file of 16 bytes or more that keys the correlators, so that they can be compared over runs
    #[arg(long, value_name = "FILE", help_heading = CONFIGURATION)]
    pub key_file: Option<PathBuf>,
}

/// Where the verdict goes and what it does to the exit code.
#[derive(Debug, Default, clap::Args)]
pub struct Output {
    /// text, json, junit, sarif or sarif-audit, with =PATH to write a file; repeat for more
    #[arg(short, long = "format", value_name = "FORMAT[=PATH]", help_heading = OUTPUT)]
    pub formats: Vec<String>,
    /// Whether unverified findings fail the run: fail exits 3, warn exits 0 and prints the count
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "fail|warn",
        help_heading = OUTPUT,
        hide_possible_values = true
    )]
    pub unverified: Unverified,
    /// Failures below this severity are shown and do not fail the run
    #[arg(long, value_name = "SEVERITY", help_heading = OUTPUT)]
    pub fail_on: Option<String>,
}

/// What unverified findings do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Unverified {
    /// Exit 3
    #[default]
    Fail,
    /// Exit 0 and print the count
    Warn,
}

/// `leakproof demo`
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Which deployment: leaky (everything wrong), clean (the same, done right) or dark (nothing answers)
    #[arg(long, value_enum, default_value_t = World::Leaky, hide_possible_values = true)]
    pub world: World,
    /// Keep the deployment in this directory
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    /// Where the verdict goes
    pub output: Output,
    /// Save the ledger
    #[arg(long, value_name = "PATH", help_heading = OUTPUT)]
    pub save_ledger: Option<PathBuf>,
}

/// The embedded deployments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum World {
    /// Everything wrong
    Leaky,
    /// Everything right
    Clean,
    /// Nothing answers
    Dark,
}

/// `leakproof init`
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The file to write; - for standard output
    #[arg(long, default_value = "leakproof.yaml", value_name = "FILE")]
    pub out: PathBuf,
    /// Overwrite it if it exists
    #[arg(long)]
    pub force: bool,
}

/// `leakproof report`
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// The saved ledger
    #[arg(long, value_name = "LEDGER")]
    pub from: PathBuf,
    /// A directory of further rules that the run used
    #[arg(long = "rules", value_name = "DIR")]
    pub rules_dir: Option<PathBuf>,
    #[command(flatten)]
    /// Where the verdict goes
    pub output: Output,
}

/// `leakproof rules`
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// One line per rule
    List,
    /// Everything about one rule
    Show {
        /// The rule's id
        id: String,
    },
    /// Compile the rules and run their examples
    Check {
        /// A directory of rules; the embedded ones without it
        dir: Option<PathBuf>,
    },
}

/// `leakproof classify`
#[derive(Debug, clap::Args)]
pub struct Classify {
    /// The context of records that name none: env, dotenv, compose, dockerfile_env, history, ecs, k8s
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// Say which step decided, what the value is written in and how long it is, too; never the value
    #[arg(long)]
    pub explain: bool,
}

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// leakproof.yaml
    Config,
    /// A rule file
    Rule,
    /// The JSON report
    Report,
    /// A saved ledger
    Ledger,
}

/// Parses the process's arguments; help and usage errors are the caller's to print.
///
/// # Errors
/// The exit code and the text: 0 with help or version for standard output, 2 with what is wrong.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, (u8, String)> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let code = if error.use_stderr() { 2 } else { 0 };
        (code, error.render().to_string())
    })
}

/// A shell's completion script.
#[must_use]
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "leakproof", &mut script);
    script
}

/// The manual page: the command, then each subcommand with its own options.
#[must_use]
pub fn manual() -> Vec<u8> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let mut whole = clap_mangen::Man::new(command.clone()).render(&mut page).is_ok();
    let mut waiting: VecDeque<_> = command.get_subcommands().cloned().collect();
    while let Some(next) = waiting.pop_front() {
        waiting.extend(next.get_subcommands().cloned());
        if next.is_hide_set() || next.get_name() == "help" {
            continue;
        }
        let man = clap_mangen::Man::new(next.clone());
        // The title line belongs to the page as a whole, so each part begins with its name.
        whole &= man.render_name_section(&mut page).is_ok()
            && man.render_synopsis_section(&mut page).is_ok()
            && man.render_options_section(&mut page).is_ok();
    }
    if whole { page } else { Vec::new() }
}
