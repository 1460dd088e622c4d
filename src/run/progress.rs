//! Progress on a terminal: one bar per task with what is being examined. Hidden when stderr is not a terminal.

use crate::evidence::{Name, NoProgress, Progress, Task};
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The terminal's progress, or none.
pub(super) fn progress(quiet: bool) -> Arc<dyn Progress> {
    if quiet || !console::Term::stderr().features().is_attended() {
        return Arc::new(NoProgress);
    }
    Arc::new(Bars(MultiProgress::new()))
}

struct Bars(MultiProgress);

struct Bar {
    bar: ProgressBar,
    bytes: Arc<AtomicU64>,
}

impl Progress for Bars {
    fn begin(&self, what: &'static str, total: Option<u64>) -> Box<dyn Task> {
        let bar = self.0.add(ProgressBar::new(total.unwrap_or(0)));
        let bytes = Arc::default();
        bar.set_style(style(total.is_some(), &bytes));
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Box::new(Bar { bar, bytes })
    }
}

fn style(counted: bool, bytes: &Arc<AtomicU64>) -> ProgressStyle {
    let template = if counted {
        "{spinner} {prefix:<16} {bar:20} {pos}/{len} {read}{wide_msg}"
    } else {
        "{spinner} {prefix:<16} {pos} {read}{wide_msg}"
    };
    let bytes = Arc::clone(bytes);
    let read = move |_: &ProgressState, to: &mut dyn Write| {
        let bytes = bytes.load(Ordering::Relaxed);
        // A bar that cannot be written is none.
        let _ = if bytes > 0 { write!(to, "{} ", HumanBytes(bytes)) } else { Ok(()) };
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("read", read)
}

impl Task for Bar {
    fn advance(&self, n: u64) {
        self.bar.inc(n);
    }

    fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn expect(&self, total: u64) {
        self.bar.set_length(total);
        self.bar.set_style(style(true, &self.bytes));
    }

    fn examining(&self, name: &Name) {
        self.bar.set_message(name.as_str().to_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
