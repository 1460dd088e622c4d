//! Watches one endpoint until it is settled: warm-up is waited for, then successes must come in a row.
//!
//! In: a route and the probes' patience. Out: the last sample and how it came to it. It must not know what
//! an answer should say.

use super::client::Route;
use super::sample::{Outcome, Sample};
use super::{Job, Question, answer};
use crate::evidence::{Cause, Name, Timestamp};
use std::time::{Duration, Instant};
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// A run of answers with one and the same `Date` that is longer than this came from a cache.
const FROZEN: Duration = Duration::from_secs(2);
/// A `Date` further than this from our own clock is a cache's or another clock's: time tells which.
const SKEW_SECONDS: u64 = 120;
/// How `Date` is written.
const DATE: &[BorrowedFormatItem<'static>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// How watching ended.
pub(super) struct Watched {
    /// The sample that decides.
    pub(super) last: Sample,
    /// Successes in a row at the end.
    pub(super) successes: u32,
    /// Requests made.
    pub(super) attempts: u64,
    /// Whether there was ever an answer, of any kind.
    pub(super) answered: bool,
}

impl Watched {
    /// Nothing could be asked.
    pub(super) fn unknown(cause: Cause, code: Option<Name>) -> Self {
        let mut last = Sample::bare(Outcome::Unknown(cause));
        last.code = code;
        Self { last, successes: 0, attempts: 0, answered: false }
    }

    /// Why this is no verdict, if it is none. `some_pass`: other targets of the same question do pass.
    pub(super) fn unverified(&self, some_pass: bool) -> Option<Cause> {
        match self.last.outcome {
            Outcome::Unknown(cause) => Some(cause),
            Outcome::Flapping => Some(Cause::Inconsistent),
            Outcome::Unreachable if some_pass => Some(Cause::Refused),
            Outcome::Timeout | Outcome::Silent if some_pass => Some(Cause::Timeout),
            // From here, a service that hangs looks like a network that swallows: nothing was observed.
            Outcome::Silent if !self.answered => Some(Cause::Timeout),
            _ => None,
        }
    }
}

/// Samples in a row, and what came before.
#[derive(Default)]
struct Row {
    successes: u32,
    failures: u32,
    ever: bool,
    since: Option<Instant>,
    date: Option<Vec<u8>>,
    frozen: bool,
}

impl Row {
    fn success(&mut self, sample: &Sample) {
        self.failures = 0;
        self.successes += 1;
        self.ever = true;
        if self.successes == 1 {
            self.since = Some(Instant::now());
            self.frozen = sample.date.is_some();
        } else {
            self.frozen &= self.date == sample.date;
        }
        self.date.clone_from(&sample.date);
    }

    fn failure(&mut self) {
        self.failures += 1;
        self.successes = 0;
    }

    fn stale(&self) -> bool {
        self.frozen && self.since.is_some_and(|since| since.elapsed() > FROZEN)
    }

    /// How long to wait for the sample that tells an old answer from a wrong clock. None is needed if the row
    /// was long enough already, or its `Date` is the time.
    fn doubt(&self) -> Option<Duration> {
        let date = self.date.as_deref().filter(|_| self.frozen)?;
        let waited = self.since?.elapsed();
        (waited <= FROZEN && is_off(date, Timestamp::now()))
            .then(|| FROZEN.saturating_sub(waited) + Duration::from_millis(50))
    }
}

/// Whether a `Date` is not the time; one that does not parse is none.
fn is_off(date: &[u8], now: Timestamp) -> bool {
    let text = std::str::from_utf8(date).ok();
    let at = text.and_then(|text| PrimitiveDateTime::parse(text, DATE).ok());
    at.is_none_or(|at| at.assume_utc().unix_timestamp().abs_diff(now.unix()) > SKEW_SECONDS)
}

/// Watches until enough successes came in a row, or the deadline is over.
///
/// Any failure before the deadline may be warm-up. At the deadline the last failure decides, unless
/// successes and failures took turns: then the endpoint is flapping and there is no verdict. A leak decides
/// at once, whatever else the answer says.
pub(super) async fn watch(question: Question, route: &Route, job: &Job) -> Watched {
    let probes = &job.config.probes;
    let (begun, mut row, mut attempts, mut answered) = (Instant::now(), Row::default(), 0, false);
    loop {
        if job.stop.asked() {
            return Watched { attempts, ..Watched::unknown(Cause::Interrupted, None) };
        }
        let mut last = take(question, route, job).await;
        attempts += 1;
        answered |= last.status.is_some() || last.outcome == Outcome::Timeout;
        match last.outcome {
            Outcome::Ok => row.success(&last),
            Outcome::Leaked => return Watched { last, successes: 0, attempts, answered },
            _ => row.failure(),
        }
        if row.successes >= probes.successes {
            if let Some(wait) = row.doubt() {
                tokio::time::sleep(wait).await;
                continue;
            }
            if row.stale() {
                last.outcome = Outcome::Cached;
            }
            return Watched { last, successes: row.successes, attempts, answered };
        }
        // A row of successes that has begun may end after the deadline.
        if row.failures > 0 && begun.elapsed() >= probes.deadline {
            if row.ever && row.failures < probes.successes {
                last.outcome = Outcome::Flapping;
            }
            return Watched { last, successes: 0, attempts, answered };
        }
        tokio::time::sleep(probes.interval).await;
    }
}

async fn take(question: Question, route: &Route, job: &Job) -> Sample {
    match route.get(job.config.limits.response_bytes).await {
        Ok(answer) => answer::judge(question, &answer, &job.config.probes, &job.detector),
        Err((outcome, code)) => {
            let mut sample = Sample::bare(outcome);
            sample.code = code;
            sample
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_held_against_our_clock() {
        let now = Timestamp::parse("2026-11-23T16:01:30Z").unwrap();
        assert!(!is_off(b"Mon, 23 Nov 2026 16:00:00 GMT", now));
        assert!(is_off(b"Mon, 23 Nov 2026 15:59:00 GMT", now));
        assert!(is_off(b"Mon, 23 Nov 2026 16:04:00 GMT", now), "a clock may be ahead");
        assert!(is_off(b"yesterday", now));
    }
}
