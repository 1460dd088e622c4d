//! What a swarm hands out to a task's container: secrets and configs, in memory, at places that inspect does not name.
//!
//! GET only: the task says which there are, and managers alone answer for it. In an archive each is an empty file, so
//! without the task nobody could tell a config with values in it from a file without any.

use super::inspect::Container;
use super::mounts::{Mount, Sort};
use super::seen::Seen;
use crate::collect::docker::Engine;
use crate::collect::entry_path::clean;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};

/// Adds the secrets of a task to what is mounted; its configs are told as not seen.
pub(super) async fn handed_out(engine: &Engine, container: &mut Container, seen: &mut Seen) {
    if !container.in_swarm() {
        return;
    }
    let Some(task) = container.task.as_ref().filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric())) else {
        return seen.missed.push((None, Refusal::new(Cause::Malformed).because("a task of a swarm without its id")));
    };
    let spec = match engine.ask("GET /tasks/{id}", engine.api().inspect_task(task)).await {
        Ok(task) => task.spec.and_then(|spec| spec.container_spec).unwrap_or_default(),
        Err(why) => return seen.missed.push((None, why.because("only a manager says what a swarm hands out"))),
    };
    for name in spec.secrets.into_iter().flatten().filter_map(|one| one.file?.name) {
        let path = if name.starts_with('/') { name } else { format!("/run/secrets/{name}") };
        container.mounted.add(Mount::new(Sort::Tmpfs, &path));
    }
    for name in spec.configs.into_iter().flatten().filter_map(|one| one.file?.name) {
        let why = Refusal::new(Cause::ContentElsewhere).with("operation", Name::fixed("GET /configs/{id}"));
        seen.miss(&clean(name.as_bytes()), why.because("a config of the swarm, which is not read"));
    }
}
