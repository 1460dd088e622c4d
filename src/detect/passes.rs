//! Secrets that once passed, one test each. Tokens are put together when the tests run.

use super::traps::{all, class, detector, exposed, hex, loud, noise, own, quiet};
use super::*;

#[test]
fn a_password_in_a_connection_string_is_not_the_shells_directory() {
    let key = data_encoding::BASE64.encode(noise(64).as_bytes());
    let storage = format!("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={key}");
    let bus = format!("Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey={key}");
    all(
        Class::Plaintext,
        &[
            ("X", "Server=h;User Id=sa;Pwd=tr0ub4dor"),
            ("X", "Driver=d;Server=h;UID=sa;PWD={tr0ub;4dor}"),
            ("X", "Driver=d;Server=h;UID=sa;PWD=hunter2"),
            ("X", &storage),
            ("X", &bus),
            ("pwd", "hunter2"),
        ],
    );
    all(Class::NotSecret, &[("PWD", "/app"), ("PWD", "app"), ("HOSTNAME", "a1")]);
}
