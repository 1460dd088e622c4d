//! TLS that cannot be trusted is nobody's health: a self-signed certificate made at run time.

use super::{IMPATIENT, cause, probe};
use leakproof::evidence::Cause;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use rustls::{ServerConfig, ServerConnection, SignatureScheme, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=127) => out.push(short),
        Ok(long) => out.extend([0x81, long]),
        Err(_) => {
            out.push(0x82);
            out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(content);
    out
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

/// A key pair from random bytes, and a certificate for `localhost` that it signed itself.
pub(super) fn self_signed() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).unwrap();
    let ed25519 = sequence(&[&[0x06, 0x03, 0x2b, 0x65, 0x70]]);
    let pkcs8 = sequence(&[&[0x02, 0x01, 0x00], &ed25519, &der(0x04, &der(0x04, &seed))]);
    let key: PrivateKeyDer<'static> = PrivatePkcs8KeyDer::from(pkcs8).into();
    let signer: Arc<dyn SigningKey> = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let common_name = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &der(0x0c, b"a stand-in nobody vouches for")]);
    let name = sequence(&[&der(0x31, &common_name)]);
    let validity = sequence(&[&der(0x17, b"200101000000Z"), &der(0x17, b"491231000000Z")]);
    let names = sequence(&[&der(0x82, b"localhost")]);
    let extension = sequence(&[&[0x06, 0x03, 0x55, 0x1d, 0x11], &der(0x04, &names)]);
    let extensions = der(0xa3, &sequence(&[&extension]));
    let version = der(0xa0, &[0x02, 0x01, 0x02]);
    let public = signer.public_key().unwrap();
    let body =
        sequence(&[&version, &[0x02, 0x01, 0x01], &ed25519, &name, &validity, &name, public.as_ref(), &extensions]);
    let signature = signer.choose_scheme(&[SignatureScheme::ED25519]).unwrap().sign(&body).unwrap();
    let certificate = sequence(&[&body, &ed25519, &der(0x03, &[&[0], signature.as_slice()].concat())]);
    (certificate.into(), key)
}

fn server() -> SocketAddr {
    let (certificate, key) = self_signed();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let _ = tls.read(&mut [0; 4096]);
            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\":\"ok\"}");
        }
    });
    address
}

#[test]
fn a_certificate_nobody_vouches_for_is_no_verdict() {
    let url = format!("https://localhost:{}", server().port());
    let batch = probe(&url, IMPATIENT, "service.health");
    assert_eq!(cause(&batch), Cause::Untrusted);
    let shown = batch.gaps[0].shown();
    assert!(shown.contains("UnknownIssuer") || shown.contains("no-trust-roots"), "{shown}");
}

#[test]
fn plain_http_behind_an_https_url_is_no_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    assert_eq!(cause(&probe(&url, IMPATIENT, "service.health")), Cause::Untrusted);
}
