//! A service whose certificate is trusted: the built binary with trust roots of its own, and servers that want more.

use super::tls::self_signed;
use crate::commands::{leakproof, report};
use data_encoding::BASE64;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

/// A server that may want a client's certificate; its own is written as a file of trust roots.
pub(crate) fn server(
    roots: &Path,
    mutual: bool,
    version: &'static SupportedProtocolVersion,
    answer: &'static str,
) -> u16 {
    let (certificate, key) = self_signed();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(&certificate));
    std::fs::write(roots, pem).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[version]).unwrap();
    let config = if mutual {
        let mut known = RootCertStore::empty();
        known.add(certificate.clone()).unwrap();
        config.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(known), provider).build().unwrap(),
        )
    } else {
        config.with_no_client_auth()
    };
    let config = Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            if tls.read(&mut [0; 4096]).is_ok() {
                let _ = tls.write_all(answer.as_bytes());
            }
        }
    });
    port
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}";

/// The one finding of item 3, with the evidence below it.
fn finding(mutual: bool, version: &'static SupportedProtocolVersion, answer: &'static str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    let port = server(&roots, mutual, version, answer);
    let yaml = format!(
        "service: s\nservice_url: https://localhost:{port}\nprobes: {{ deadline: 300ms, timeout: 2s, interval: 10ms }}\n"
    );
    std::fs::write(folder.path().join("leakproof.yaml"), yaml).unwrap();
    let mut command = leakproof();
    command.args(["check", "--rule", "service/health", "-f", "json", "--save-ledger", "run.json"]);
    command.current_dir(folder.path());
    let report = report(command.env("SSL_CERT_FILE", &roots).env_remove("SSL_CERT_DIR"));
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report:#}");
    let saved: Value = serde_json::from_slice(&std::fs::read(folder.path().join("run.json")).unwrap()).unwrap();
    let mut finding = report["findings"][0].clone();
    // A finding that passes shows its coverage only.
    finding["evidence"] = saved["ledger"]["evidence"].clone();
    finding
}

#[test]
fn a_trusted_certificate_passes_and_says_verified() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let finding = finding(false, version, OK);
        assert_eq!(finding["verdict"], "pass", "{finding:#}");
        assert!(finding["evidence"][0]["facts"]["tls"].to_string().contains("verified"), "{finding:#}");
    }
}

#[test]
fn mutual_tls_that_wants_our_certificate_is_no_verdict() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let finding = finding(true, version, OK);
        assert_eq!(finding["verdict"], "unverified", "{finding:#}");
    }
    let newer = finding(true, &rustls::version::TLS13, OK);
    assert_eq!(newer["gaps"][0]["cause"], "denied", "{newer:#}");
    assert!(newer.to_string().contains("CertificateRequired"), "{newer:#}");
}

#[test]
fn a_downgrade_from_https_to_http_is_not_followed() {
    const DOWN: &str =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/health\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let finding = finding(false, &rustls::version::TLS13, DOWN);
    assert_eq!((&finding["verdict"], &finding["facts"]["outcome"]), (&"fail".into(), &"redirect".into()));
}
