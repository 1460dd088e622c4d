//! Progress on a terminal: one bar per task with what is being examined. Hidden when stderr is not a terminal.

use crate::evidence::{Name, NoProgress, Progress, Task};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;

/// The terminal's progress, or none.
pub(super) fn progress(quiet: bool) -> Arc<dyn Progress> {
    if quiet || !console::Term::stderr().features().is_attended() {
        return Arc::new(NoProgress);
    }
    Arc::new(Bars(MultiProgress::new()))
}

struct Bars(MultiProgress);

struct Bar(ProgressBar);

impl Progress for Bars {
    fn begin(&self, what: &'static str, total: Option<u64>) -> Box<dyn Task> {
        let bar = self.0.add(ProgressBar::new(total.unwrap_or(0)));
        bar.set_style(style(total.is_some()));
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Box::new(Bar(bar))
    }
}

fn style(counted: bool) -> ProgressStyle {
    let template = if counted {
        "{spinner} {prefix:<16} {bar:20} {pos}/{len} {wide_msg}"
    } else {
        "{spinner} {prefix:<16} {pos} {wide_msg}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Task for Bar {
    fn advance(&self, n: u64) {
        self.0.inc(n);
    }

    fn expect(&self, total: u64) {
        self.0.set_length(total);
        self.0.set_style(style(true));
    }

    fn examining(&self, name: &Name) {
        self.0.set_message(name.as_str().to_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
