//! Where units lie, and what their patterns match.

use super::{host, survey, write};
use crate::scene::{secret, shown};

/// Tried naively, this pattern would not end before the test run does.
#[test]
fn a_pattern_of_many_stars_does_not_hang_the_survey() {
    let root = host();
    let pattern = "*a".repeat(25) + "b";
    write(&root, "etc/systemd/system/app.service", format!("[Service]\nEnvironmentFile=-/opt/{pattern}\n"));
    write(&root, &format!("opt/{}", "a".repeat(60)), format!("API_TOKEN={}\n", secret()));
    let batch = survey(&root);
    assert!(batch.evidence.is_empty(), "nothing matches: {}", shown(&batch));
}
