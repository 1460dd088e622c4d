//! The words in which services speak of themselves. Data only.
//!
//! In: nothing. Out: lists, in small letters, blanks and dashes as `_`. They must not know what follows from them.

/// Words for "well" in other vocabularies than the expected one.
pub(super) const WELL: &[&str] =
    &["up", "true", "pass", "passed", "passing", "healthy", "connected", "available", "ready", "alive", "yes"];
/// Overall words for "well" beside [`WELL`].
pub(super) const WELL_OVERALL: &[&str] = &[
    "ok",
    "okay",
    "green",
    "operational",
    "running",
    "serving",
    "online",
    "active",
    "success",
    "succeeded",
    "good",
    "normal",
];
/// Overall words that contradict components that are well.
pub(super) const UNWELL: &[&str] = &[
    "degraded",
    "fail",
    "failed",
    "failing",
    "failure",
    "error",
    "down",
    "false",
    "no",
    "red",
    "unhealthy",
    "warn",
    "warning",
    "critical",
    "not_ready",
    "notready",
    "unavailable",
    "unready",
    "starting",
    "stopping",
    "offline",
    "disconnected",
    "out_of_service",
    "not_ok",
    "inactive",
    "stopped",
    "unreachable",
    "timeout",
    "unknown",
    "skipped",
];
/// Words that say that nothing is wrong, or no.
pub(super) const NOTHING: &[&str] = &["", "0", "false", "no", "none", "null", "off", "ok"];

/// What may stand in front of a key, and means no more than without.
pub(super) const BEFORE: &[&str] =
    &["is", "has", "was", "overall", "current", "service", "app", "application", "system", "global", "http", "general"];
/// The same in front of what went wrong.
pub(super) const BEFORE_TROUBLE: &[&str] = &["last", "latest", "recent", "previous"];
/// What may stand behind it.
pub(super) const BEHIND: &[&str] =
    &["status", "state", "code", "count", "message", "messages", "text", "flag", "type", "name", "kind"];

/// Under these an object says how it is as a whole.
pub(super) const OVERALL: &[&str] = &["status", "state", "overall", "result", "health", "code"];
/// Under these it says yes or no.
pub(super) const YES_OR_NO: &[&str] = &[
    "ok",
    "ready",
    "healthy",
    "success",
    "successful",
    "connected",
    "available",
    "alive",
    "up",
    "reachable",
    "configured",
    "persistent",
    "enabled",
    "active",
    "online",
    "operational",
    "running",
    "live",
    "initialized",
    "initialised",
    "passed",
    "passing",
];
/// Of these, those under which a number may count connections.
pub(super) const COUNTS: &[&str] = &["connected", "available", "up", "active", "live", "running", "online", "passed"];
/// Under these it says what went wrong, or that nobody looked.
pub(super) const TROUBLES: &[&str] = &[
    "error",
    "errors",
    "failure",
    "failures",
    "problem",
    "problems",
    "exception",
    "exceptions",
    "fallback",
    "degraded",
    "down",
    "failed",
    "failing",
    "unhealthy",
    "unready",
    "unavailable",
    "unreachable",
    "disconnected",
    "disabled",
    "skipped",
    "stale",
    "mock",
    "mocked",
    "fake",
    "simulated",
    "timeout_error",
    "timed_out",
];
/// Under these it says what it is made of.
pub(super) const MADE_OF: &[&str] = &[
    "backend",
    "driver",
    "engine",
    "type",
    "kind",
    "mode",
    "storage",
    "url",
    "dialect",
    "provider",
    "implementation",
    "impl",
    "adapter",
    "client",
    "store",
    "vendor",
    "scheme",
    "dsn",
    "uri",
    "database",
    "product",
    "class",
    "source",
];
/// What only stands in for a real database or cache, as a whole word: well without any secret.
pub(super) const STAND_INS: &[&str] = &[
    "local",
    "null",
    "none",
    "disabled",
    "h2",
    "hsqldb",
    "derby",
    "stub",
    "embedded",
    "test",
    "nop",
    "dict",
    "lru",
    "inproc",
    "in_process",
    "locmem",
    "not_configured",
    "off",
];
/// The same, wherever in a word it stands.
pub(super) const STAND_IN_PARTS: &[&str] =
    &["memory", "sqlite", "fake", "mock", "dummy", "noop", "no_op", "not_configured", "unconfigured"];
/// Under these it speaks freely.
pub(super) const REMARKS: &[&str] =
    &["message", "messages", "msg", "detail", "note", "notes", "reason", "info", "description", "output", "comment"];
/// What in free speech takes "ok" back.
pub(super) const DOUBTS: &[&str] = &[
    "not_configured",
    "unconfigured",
    "no_connection",
    "not_connected",
    "not_ready",
    "not_available",
    "not_checked",
    "not_implemented",
    "disabled",
    "skipped",
    "skipping",
    "fallback",
    "falling_back",
    "memory",
    "sqlite",
    "mock",
    "timeout",
    "timed_out",
    "unavailable",
    "unreachable",
    "refused",
    "failed",
    "failure",
    "error",
    "degraded",
    "stale",
];
/// Free speech in which a doubt is none.
pub(super) const NO_DOUBTS: &[&str] = &["no_error", "0_error", "no_failure", "0_failure", "0_failed", "none_failed"];
