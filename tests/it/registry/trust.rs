//! TLS: what it must be, and that nothing leads away from it.

use super::rig::run;
use crate::service::trusted::server;
use rustls::version::TLS13;

const DOWN: &str = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[test]
fn a_redirect_from_https_to_http_is_refused_even_to_this_machine() {
    let home = tempfile::tempdir().unwrap();
    let roots = home.path().join("roots.pem");
    let port = server(&roots, false, &TLS13, DOWN);
    let environment = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let run = run(&format!("registry:localhost:{port}/team/app:1"), home.path(), &environment, &[]);
    assert_eq!((run.code, run.causes()), (3, vec!["untrusted".to_owned()]), "{}", run.all);
    assert!(run.all.contains("a redirect to where there is no TLS"), "{}", run.all);
}

#[test]
fn a_certificate_nobody_vouches_for_is_not_gone_around() {
    let home = tempfile::tempdir().unwrap();
    let other = home.path().join("other.pem");
    let _ = server(&other, false, &TLS13, DOWN);
    let port = server(&home.path().join("roots.pem"), false, &TLS13, DOWN);
    let environment = [("SSL_CERT_FILE", other.to_str().unwrap())];
    let run = run(&format!("registry:localhost:{port}/team/app:1"), home.path(), &environment, &[]);
    assert_eq!((run.code, run.causes()), (3, vec!["untrusted".to_owned()]), "{}", run.all);
    // By another name than the certificate's, with roots that would do.
    let own = home.path().join("roots.pem");
    let environment = [("SSL_CERT_FILE", own.to_str().unwrap())];
    let run = super::rig::run(&format!("registry:127.0.0.1:{port}/team/app:1"), home.path(), &environment, &[]);
    assert_eq!((run.code, run.causes()), (3, vec!["untrusted".to_owned()]), "{}", run.all);
}
