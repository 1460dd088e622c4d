//! leakproof proves that a service's secrets are in the custody of a secrets manager, and nowhere else.
//!
//! The flow, one way: `cli` is what was typed; `run` turns it into a [`config`] and a rule set, and those
//! into a plan; [`collect`] asks the world and answers with a [`evidence::Ledger`]; [`mod@derive`] joins it;
//! [`evaluate`] turns rules and ledger into findings; [`report`] writes them, once, through a mask.
//! Nothing flows back. A ledger can be saved and evaluated again where no system can be reached.
//!
//! [`evidence`] is the ground floor and wraps every text from outside; [`detect`] alone looks inside.

pub mod cli;
pub mod collect;
pub mod config;
pub mod derive;
pub mod detect;
pub mod evaluate;
pub mod evidence;
pub mod report;
pub mod rule;
pub mod run;
pub mod verdict;
