//! The machine that leakproof runs on: whether it is a CI runner, and what it calls itself. Not a collector.
//!
//! In: the environment and the system's own name files. Out: a value that a run carries along, so that the
//! usual wrong machine is told from production's. It opens no connection and asks no resolver.

use crate::evidence::Name;

/// Variables that CI systems set for every job.
const RUNNERS: [&str; 7] =
    ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE", "TEAMCITY_VERSION", "TF_BUILD"];

/// Whether a job of a CI system runs here, and the machine's names.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Whether the environment says that this is a CI runner.
    pub runner: bool,
    /// The host's names.
    pub names: HostNames,
}

/// What a host calls itself: its own name first, then the short one and the full ones it knows of.
#[derive(Clone, Debug, Default)]
pub struct HostNames(Vec<Name>);

impl Machine {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let running = read("/proc/sys/kernel/hostname");
        let own = if running.is_empty() { read("/etc/hostname") } else { running };
        Self {
            runner: is_runner(|variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty())),
            names: HostNames::new(&own, &read("/etc/hosts")),
        }
    }
}

fn is_runner(set: impl Fn(&str) -> bool) -> bool {
    RUNNERS.into_iter().any(set)
}

impl HostNames {
    /// The names from a host name file and a hosts file. A full name counts only if it begins with the host's
    /// own, because `localhost` stands in the same lines.
    #[must_use]
    pub fn new(own: &str, hosts: &str) -> Self {
        let own = own.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let Some(own) = own.filter(|own| !own.contains(char::is_whitespace)) else { return Self::default() };
        let short = own.split('.').next().unwrap_or(own);
        let mut names = vec![own, short];
        let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
        let known = lines.flat_map(|line| line.split_whitespace().skip(1));
        names.extend(known.filter(|name| extends(name, own)));
        Self(names.into_iter().map(|name| Name::admit_or(name, "host name", 1)).collect())
    }

    /// Whether the host calls itself so.
    pub(super) fn include(&self, declared: &Name) -> bool {
        self.0.iter().any(|name| name.as_str().eq_ignore_ascii_case(declared.as_str()))
    }

    /// The host's own name.
    pub(super) fn shown(&self) -> Name {
        self.0.first().cloned().unwrap_or(Name::fixed("(unknown)"))
    }
}

/// Whether a name is another one with a domain behind it.
fn extends(name: &str, own: &str) -> bool {
    let head = name.get(..own.len()).is_some_and(|head| head.eq_ignore_ascii_case(own));
    head && name[own.len()..].starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_is_known_by_its_environment() {
        assert!(is_runner(|variable| variable == "GITHUB_ACTIONS"));
        assert!(!is_runner(|_| false));
    }

    #[test]
    fn a_host_has_a_short_and_a_full_name_in_any_case_and_is_not_localhost() {
        let hosts =
            "127.0.0.1 localhost web1\n127.0.1.1 Web1.example.org web1 # web1.other\n10.0.0.2 web12.example.org\n";
        let names = HostNames::new("web1\n", hosts);
        let is = |text: &'static str| names.include(&Name::fixed(text));
        assert!(is("WEB1") && is("web1.example.org"));
        assert!(!is("localhost") && !is("web1.other") && !is("web12.example.org") && !is("web1.staging.org"));
        let full = HostNames::new("web1.example.org", "");
        assert!(full.include(&Name::fixed("web1")) && !full.include(&Name::fixed("web1.other.org")));
    }

    #[test]
    fn a_host_without_a_name_is_none_that_anybody_declares() {
        for own in ["", "# web1\n", "web 1\n"] {
            let names = HostNames::new(own, "127.0.0.1 localhost\n");
            assert!(!names.include(&Name::fixed("localhost")) && names.shown().as_str() == "(unknown)", "{own}");
        }
    }
}
