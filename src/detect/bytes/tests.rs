//! What a scan of bytes finds, and what it costs.

use crate::detect::traps::{detector, hex};
use crate::detect::{Context, Scan};
use crate::evidence::{Class, Sensitive};

fn scan(bytes: &[u8]) -> Scan {
    detector().bytes(&Sensitive::new(bytes.to_vec()), Context::Env)
}

/// `name:line` of every exposed value.
fn told(bytes: &[u8]) -> Vec<String> {
    let scan = scan(bytes);
    let exposed = scan.spotted.iter().filter(|spotted| spotted.judgement.class == Class::Plaintext);
    exposed
        .map(|s| format!("{}:{}", s.variable.as_ref().map(ToString::to_string).unwrap_or_default(), s.line))
        .collect()
}

#[test]
fn an_assignment_in_a_log_is_judged_like_a_variable() {
    let key = hex(64);
    for line in [
        "2026-08-21T09:00:00Z INFO start JWT_SECRET_KEY=@ port=8000",
        "ENV JWT_SECRET_KEY=@",
        "  JWT_SECRET_KEY: \"@\"",
        "{\"level\":\"info\",\"env\":{\"JWT_SECRET_KEY\":\"@\",\"PORT\":\"1\"}}",
        "export JWT_SECRET_KEY='@'",
        "app --jwt-secret-key @ --port 1",
        "curl -H 'Authorization: Bearer @' https://api",
        "os.environ[\"JWT_SECRET_KEY\"] = \"@\"",
        "requirepass @",
        "redis://:@@cache:6379/0",
    ] {
        let text = format!("first line\n{}\nlast line\n", line.replacen('@', &key, 1));
        let found = told(text.as_bytes());
        assert!(!found.is_empty() && found.iter().all(|one| one.ends_with(":2")), "{line}: {found:?}");
    }
}

#[test]
fn a_name_and_its_value_on_two_lines_belong_together() {
    let key = hex(64);
    for text in ["- name: JWT_SECRET_KEY\n  value: @\n", "{\n \"name\": \"JWT_SECRET_KEY\",\n \"value\": \"@\"\n}\n"] {
        assert_eq!(told(text.replace('@', &key).as_bytes()).len(), 1, "{text}");
    }
}

#[test]
fn what_programs_compute_is_silent() {
    for line in [
        r#"let Some(credentials) = self.get_file_path(&home_path, "credentials", true)? else {"#,
        r#"fs::write(&credentials, format!(r"token = '{}'", registry.token())).unwrap();"#,
        "if let Some(rustc_tokens) = self.rustc_tokens.remove(&id) {",
        r#".unwrap_or_else(|| Token::Plaintext(format!("{prefix}sekrit")));"#,
        r#"format!(r"token = '{token}'", token = ORIGINAL_TOKEN)"#,
        r#"let token_key = format!("registries.{}.token", registry);"#,
        r#"let token = try!(config.get_string("registry.token")).map(|p| p.0);"#,
        "let Ok(mut mac) = hmac::Hmac::<sha1::Sha1>::new_from_slice(&salt) else { return false; };",
        "let Ok(salt) = STANDARD.decode(b64_salt) else {",
        "self.token = self.token.wrapping_add(1);",
        "Secret::from(&self.inner)",
        "token: token?.into(),",
        "v: cargo_credential::PROTOCOL_VERSION_1,",
        "FileCredential::write(&creds).map_err(cargo_credential::Error::Other)?;",
        "int seed = data[0];         /* FIXME: make this random */",
        "password: Option<&str>,",
        "pub fn login(config: &Config, token: Option<&str>, reg: Option<&str>) -> Result<()> {",
        r#"hmac = "0.12.1""#,
        "* cargo 0.75.0 currently depends on cargo-credential-libsecret=\"0.3.1\"",
        "'--token[token to use when uploading]' \\",
        "[WARNING] `cargo publish --token` is deprecated in favor of using `cargo login` and environment variables",
        "/// Token passed on the command line via --token or from stdin",
        "jwt.sign(payload, process.env.JWT_SECRET, { expiresIn: '1h' })",
        "jwt.decode(token, options={\"verify_signature\": False})",
        "jwt.encode(payload, key, \"HS256\")",
        "Keys.hmacShaKeyFor(secret.getBytes(UTF_8))",
        "new SecretKeySpec(key, \"HmacSHA256\")",
        "hmac.new(key, b\"message to be signed\", \"sha256\")",
        "auth=('user', password)",
        "the password \"correct\" is refused",
        "token \"{\"",
        "\"password\": { \"value\": \"string\", \"type\": \"text\" }",
        "variable \"db_password\" {\n  type = string\n}\nvariable \"size\" {\n  default = \"t3.micro-instance\"\n}",
    ] {
        assert!(told(line.as_bytes()).is_empty(), "{line}: {:?}", told(line.as_bytes()));
    }
}

#[test]
fn what_programs_declare_in_quotes_is_told_however_they_write_it() {
    let key = hex(40);
    let mut missed = Vec::new();
    for line in [
        "const JWT_SECRET_KEY: &str = \"@\";",
        "const jwtSecret: string = \"@\";",
        "private readonly jwtSecret: string = '@';",
        "JWT_SECRET_KEY: Final[str] = \"@\"",
        "val apiSecret: String = \"@\"",
        "#define JWT_SECRET_KEY \"@\"",
        "static const char jwt_secret[] = \"@\";",
        "  'password' => '@',",
        "app.config['JWT_SECRET_KEY'] = '@'",
        "$config['jwt_secret'] = '@';",
        "const s = process.env.JWT_SECRET || '@';",
        "s = os.getenv('JWT_SECRET') or '@'",
        "setattr(cfg, 'jwt_secret', '@')",
        "const jwtSecretKey =\n  \"@\";",
        "JWT_SECRET_KEY = (\n    \"@\"\n)",
        "os.environ.setdefault(\n  \"JWT_SECRET_KEY\",\n  \"@\",\n)",
        "<key>jwtSecret</key>\n<string>@</string>",
        "var token = jwt.sign(payload, '@', { expiresIn: '1h' });",
        "claims = jwt.decode(token, \"@\", algorithms=[\"HS256\"])",
        "SecretKey k = Keys.hmacShaKeyFor(\"@\".getBytes(UTF_8));",
        "var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(\"@\"));",
        "new SecretKeySpec(\"@\".getBytes(), \"HmacSHA256\")",
        "mac = hmac.new(b\"@\", body, hashlib.sha256)",
        "r = requests.get(url, auth=('app', '@'))",
        "        keyPassword \"@\"",
        "    storePassword '@'",
        "\"adminPassword\": { \"value\": \"@\" }",
        "\"adminPassword\": {\n  \"value\": \"@\"\n}",
        "variable \"db_password\" {\n  type    = string\n  default = \"@\"\n}",
        "db = sql.Open(\"postgres\", \"host=db user=app password=@ sslmode=disable\")",
        "{jwt_secret, <<\"@\">>}.",
        "(setf *jwt-secret* \"@\")",
        "{:jwt-secret \"@\"}",
        "password = \"Kx9(vT2!mQ)\"",
        "password = \"Summer2024!Rain\"\r",
        "\x0cpassword = 'Summer2024!Rain'",
        "spring.datasource.password=Summer2024!Rain\r",
    ] {
        let text = format!("x = 1\n{}\n", line.replacen('@', &key, 1));
        missed.extend(told(text.as_bytes()).is_empty().then_some(line));
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn prose_code_and_harmless_settings_are_silent() {
    for text in [
        "The password must have 12 characters; the token expires after a day.\n",
        "let token = parser.next_token();\nif (key == nil) { return secret; }\n",
        "TOKEN_TTL=3600\nPASSWORD_FILE=/run/secrets/db\nJWT_ALGORITHM=HS256\n",
        "see https://example.org/a?b=c and git@github.com:a/b.git\n",
    ] {
        assert!(told(text.as_bytes()).is_empty(), "{text}: {:?}", told(text.as_bytes()));
    }
}

#[test]
fn binary_data_and_zeros_hide_nothing() {
    let key = hex(64);
    let mut bytes = vec![0_u8, 1, 2, 0xff, 0xfe, 7, 0, 0, 200];
    bytes.extend((0..4096_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()));
    bytes.extend(format!("\0JWT_SECRET_KEY={key}\0\x01").into_bytes());
    bytes.extend([0xff; 100]);
    assert_eq!(told(&bytes).len(), 1);
}

#[test]
fn utf_16_is_read_as_the_text_it_is() {
    let text = format!("A=1\r\nJWT_SECRET_KEY={}\r\n", hex(64));
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(told(&[&[0xff, 0xfe], wide.as_slice()].concat()), ["JWT_SECRET_KEY:2"]);
    assert_eq!(told(&wide), ["JWT_SECRET_KEY:2"]);
}

#[test]
fn a_private_key_of_many_lines_is_one_finding() {
    let body = format!("{}\n", hex(64)).repeat(20);
    let text = format!("x\n-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\ny\n");
    assert_eq!(told(text.as_bytes()), [":2"]);
}

/// Sixteen megabytes without a line end, of which every few bytes look like an assignment's beginning.
#[test]
fn one_long_line_full_of_anchors_ends_and_its_secret_is_found() {
    let key = hex(64);
    let filler = "token_count=1,password_hint=none,".repeat(1 << 14);
    assert!(!told(format!("{filler}JWT_SECRET_KEY={key},{filler}").as_bytes()).is_empty());
    let filler = filler.replace(',', " ");
    assert_eq!(told(format!("{filler}JWT_SECRET_KEY={key} {filler}").as_bytes()), ["JWT_SECRET_KEY:1"]);
}

#[test]
fn a_value_on_the_seam_of_two_pieces_is_found_whole() {
    let key = hex(64);
    for shift in (0..80).step_by(7) {
        let filler = "token=x ".repeat((64 << 10) / 8 - 4);
        let line = format!("{filler}{} JWT_SECRET_KEY={key} {}", ".".repeat(shift), "token=x ".repeat(2000));
        assert_eq!(told(line.as_bytes()), ["JWT_SECRET_KEY:1"], "{shift}");
    }
}

#[test]
fn a_declared_name_is_an_anchor_too() {
    use crate::detect::Detector;
    use crate::evidence::{Key, Name, SecretRegistry};
    let declared = vec![Name::fixed("MATERIAL_X")];
    let detector = Detector::new(declared, Vec::new(), Key::random().unwrap(), SecretRegistry::default().into());
    let text = format!("MATERIAL_X={}\n", hex(32));
    let scan = detector.bytes(&Sensitive::from(text), Context::Env);
    assert!(scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Plaintext));
}

#[test]
fn a_value_that_yaml_has_on_the_next_line_is_found() {
    let key = hex(64);
    for text in ["jwt_secret_key:\n  @\n", "a:\n  jwt_secret_key: |\n    @\n", "- password: >-\r\n    @\r\n"] {
        assert_eq!(told(text.replace('@', &key).as_bytes()).len(), 1, "{text}");
    }
    assert!(told(b"token:\n  description: what it is\nsecret:\n  name\n").is_empty());
}

#[test]
fn utf_16_amid_other_bytes_is_found_in_both_orders() {
    let text = format!("JWT_SECRET_KEY={}", hex(64));
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let mut bytes: Vec<u8> = (0..8192_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        bytes.extend(text.encode_utf16().flat_map(order));
        bytes.extend([1, 2, 3, 0xff].repeat(512));
        assert_eq!(told(&bytes).len(), 1);
    }
}
