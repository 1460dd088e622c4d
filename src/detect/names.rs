//! What a variable's name says about its value.
//!
//! Knows words only. The last word decides: `JWT_SECRET_KEY_ROTATION_DAYS` is about days.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What the name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// A secret, whatever the value looks like.
    Secret,
    /// A secret if the value looks like one.
    Weak,
    /// Speaks of a secret, but its last word is none that anybody knows: `PASSWORD_ALICE`, `TOKEN_NOTE`.
    Mentions,
    /// Harmless, if the value fits.
    Benign(Fit),
    /// Nothing.
    Neutral,
}

/// What a harmless name's value has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// A path.
    Path,
    /// A number, a duration or a switch.
    Number,
    /// Words: no random text.
    Word,
    /// A hash of something public.
    Digest,
    /// An identifier, which may be random.
    Id,
    /// A public key, or anything that is no private one.
    Public,
    /// The key of a table, a cache or a bucket: words, no random text.
    Lookup,
    /// A URL or an address.
    Locator,
    /// Anything: the variable is not the service's own.
    Any,
}

type Words = LazyLock<HashSet<&'static str>>;

fn listed(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

static STRONG: Words = LazyLock::new(|| {
    listed(
        "PASSWORD PASSWORDS PASSWD PASSPHRASE PASSCODE SECRET SECRETS TOKEN TOKENS APIKEY CREDENTIAL CREDENTIALS \
         CREDS CRED MNEMONIC PEPPER BEARER AUTHORIZATION REQUIREPASS MASTERAUTH SIGNING HMAC FERNET PWD",
    )
});
/// The same in other languages and their usual transcriptions.
static STRONG_ABROAD: Words = LazyLock::new(|| {
    listed(
        "PASSWORT KENNWORT PASSWOERTER ZUGANGSDATEN GEHEIMNIS LOSUNGSWORT MOTDEPASSE MDP JETON CONTRASENA CONTRASE\u{d1}A \
         CONTRASENYA CLAVE SECRETO SENHA SENHAS SEGREDO SEGRETO WACHTWOORD WACHTWOORDEN HASLO HAS\u{141}O PAROL PAROLI \
         PAROLA PAROLE HESLO JELSZO LOZINKA ZAPORKA GESLO SIFRE \u{15e}IFRE PAROLASI SALASANA LOSENORD L\u{d6}SENORD \
         ADGANGSKODE KODEORD PASSORD KODIKOS SYNTHIMATIKO AIKOTOBA PASUWADO PASUWAADO ANSHOBANGO HIMITSU MIMA MIYAO \
         KOULING MISHI BIMILBEONHO SANDI MATKHAU SEKRET TAJEMNICA TOKEN\u{130} \u{41f}\u{410}\u{420}\u{41e}\u{41b}\u{42c} \
         \u{421}\u{415}\u{41a}\u{420}\u{415}\u{422} \u{422}\u{41e}\u{41a}\u{415}\u{41d}",
    )
});
/// Words for passwords and keys in scripts that put no space between words, and phrases of several words.
const ABROAD_WITHIN: [&str; 20] = [
    "MOTDEPASSE",
    "PALAVRAPASSE",
    "PALABRACLAVE",
    "PALABRASECRETA",
    "PAROLACHIAVE",
    "PAROLADORDINE",
    "CODESECRET",
    "PHRASESECRETE",
    "MATKHAU",
    "KATASANDI",
    "KATAKUNCI",
    "CLAVESECRETA",
    "LLAVESECRETA",
    "CHAVESECRETA",
    "CLESECRETE",
    "\u{5bc6}\u{7801}",
    "\u{5bc6}\u{78bc}",
    "\u{53e3}\u{4ee4}",
    "\u{5bc6}\u{94a5}",
    "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
];
/// `KEY` in other languages: a secret only beside a word that says so, or with a value that looks like one.
static KEY_ABROAD: Words = LazyLock::new(|| {
    listed(
        "SCHLUESSEL SCHL\u{dc}SSEL CLE CL\u{c9} CLEF LLAVE CHAVE CHIAVE SLEUTEL KLUCZ KLIC NYCKEL NOEGLE NOKKEL AVAIN \
         KLYUCH KLUCH ANAHTAR \u{41a}\u{41b}\u{42e}\u{427} KUNCI KAGI",
    )
});
/// Secret only as the last word.
static STRONG_LAST: Words =
    LazyLock::new(|| listed("PASS PW JWT SALT SEED PIN OTP TOTP JWK PSK BASICAUTH PAT DEK KEK MPASS PSW"));
/// Words that end in these say the same: `PGPASSWORD`, `authtoken`.
const GLUED: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "SECRETKEY",
    "PRIVATEKEY",
    "ACCESSKEY",
    "AUTHKEY",
    "SIGNINGKEY",
    "SHAREDKEY",
    "ENCRYPTIONKEY",
    "ACCOUNTKEY",
    "MASTERKEY",
    "DBPASS",
    "USERPASS",
    "ROOTPASS",
    "PGPASS",
    "SMTPPASS",
    "MAILPASS",
    "ADMINPASS",
];
/// A name with one of these is about a password, whatever follows.
const PASSWORDS: [&str; 5] = ["PASSWORD", "PASSWD", "PASSPHRASE", "PASSWORT", "KENNWORT"];
/// German and its kin glue words together.
const GLUED_ABROAD: [&str; 6] = ["PASSWORT", "KENNWORT", "WACHTWOORD", "GEHEIMNIS", "SALASANA", "PASSORD"];
static KEY_OF_SECRET: Words = LazyLock::new(|| {
    listed(
        "API SECRET PRIVATE ACCESS SIGNING SIGN ENCRYPTION ENCRYPT DECRYPTION AUTH MASTER JWT HMAC FERNET AES \
         CRYPTO SSH RSA DEPLOY ACCOUNT STORAGE SERVICE SESSION COOKIE APP APPLICATION ADMIN SHARED WRITE INGEST \
         SERVER TLS SSL HOST LICENSE WEBHOOK ROOT UNSEAL RECOVERY DATA TOKEN CIPHER CLIENT STRIPE OPENAI SENDGRID",
    )
});
static KEY_IN_THE_OPEN: Words = LazyLock::new(|| {
    listed(
        "SORT PARTITION PRIMARY FOREIGN CACHE ROUTING OBJECT HASH RANGE INDEX GROUP BUCKET S3 STATE LOOKUP \
         SECRETS CONFIG REDIS MAP",
    )
});
static KEY_FOR_ALL: Words =
    LazyLock::new(|| listed("PUBLIC SITE PUBLISHABLE ONLY ANON SEARCH VERIFY VERIFICATION GPG TRUSTED"));
/// Said after the word that counts: `PASSWORD_OLD`, `SECRET_KEY_2`.
static AFTERTHOUGHTS: Words = LazyLock::new(|| {
    listed(
        "OLD NEW PREV PREVIOUS CURRENT NEXT LEGACY BACKUP PRIMARY SECONDARY PROD PRODUCTION DEV DEVELOPMENT \
         STAGING STAGE LOCAL LIVE TEST DEFAULT RAW B64 BASE64 ENCODED HEX PLAIN PLAINTEXT VALUE STRING STR PEM A \
         B",
    )
});
static FITS: LazyLock<HashMap<&str, Fit>> = LazyLock::new(|| {
    [
        (
            Fit::Path,
            "FILE FILES PATH PATHS DIR DIRECTORY LOCATION FILENAME FOLDER SOCK SOCKET ASKPASS MOUNT HOME \
             KEYFILE CERTFILE PIDFILE VOLUME PFAD DATEI PAD BESTAND FICHIER CHEMIN RUTA PERCORSO",
        ),
        (
            Fit::Number,
            "TTL DAYS HOURS MINUTES MINS SECONDS SECS MS MILLIS EXPIRY EXPIRES EXPIRE EXPIRATION EXP \
             LIFETIME DURATION TIMEOUT INTERVAL AGE LEEWAY ROTATION ROUNDS ITERATIONS COST LENGTH LEN MIN \
             MAX SIZE COUNT LIMIT ATTEMPTS RETRIES BITS BYTES PORT ENABLED DISABLED REQUIRED ENABLE \
             DISABLE DEBUG STRICT ALLOWED OPTIONAL SCHEDULE PERIOD THRESHOLD WINDOW REFRESH GRACE \
             STRENGTH IN DIGITS PRICE PRICES TOTAL USES REMAINING BUDGET DAUER TAGE LAENGE GUELTIGKEIT PFLICHT ABLAUF REQUIS REQUISE OBLIGATOIRE OBLIGATORIA \
             OBLIGATORIO OBRIGATORIA OBRIGATORIO OBBLIGATORIA OBBLIGATORIO VEREIST VERPLICHT WYMAGANE OBYAZATELEN ZORUNLU WAJIB \
             KRAV PAKOLLINEN POVINNE KOTELEZO DUUR LENGTE DUREE DURACION DURATA QUOTA RATE COOLDOWN",
        ),
        (
            Fit::Word,
            "NAME NAMES USER USERNAME EMAIL LABEL TYPE MODE KIND FORMAT PREFIX SUFFIX HEADER HEADERS \
             FIELD PARAM PARAMETER ISSUER AUDIENCE ISS AUD SCOPE SCOPES REALM PROVIDER BACKEND STORE \
             MANAGER ENGINE ALGORITHM ALGORITHMS ALG ALGO CURVE HASHER HASHERS POLICY STRATEGY REGION \
             DOMAIN ARN REF SERVICE ENV ENVIRONMENT LEVEL CLASS ALIAS SLUG TITLE DESCRIPTION COMMENT HINT \
             PROMPT CHARSET ROLE NAMESPACE PROJECT METHOD ENCODING RULE RULES REGEX PATTERN VALIDATOR \
             VALIDATORS SOURCE LOCALE POLICIES STDIN CLAIM USAGE ROUTE TABLE COLUMN TOPIC QUEUE SUBJECT \
             TEMPLATE TAG STATUS CONTEXT NOTE NOTES QUESTION QUESTIONS ALLOW ALLOWLIST DENY IGNORE VALIDATION \
             ENCRYPTION STORAGE SYMBOL METRIC METRICS ENCODER ENCODERS HANDLER FACTORY MODULE MODULES MODEL MODELS \
             TOKENIZER VENDOR DRIVER DISPLAY LOGO ICON TEXT MESSAGE MESSAGES SUBJECTS ERROR ERRORS EVENT EVENTS \
             ACTION ACTIONS FLOW FLOWS GRANT GRANTS STEP STATE MANAGERS SCANNER CHECK CHECKER LANG LANGUAGE \
             OWNER TEAM PERMISSION PERMISSIONS CHANNEL REQUIREMENTS COMPLEXITY CHARS CHARACTERS SYMBOLS HELPER REGELN QUELLE SPEICHER POLITYKA RICHTLINIE BELEID TEKST FEATURE FEATURES MIDDLEWARE MECHANISM MECHANISMS PROTOCOL PROTOCOLS SCHEME TRANSPORT",
        ),
        (
            Fit::Digest,
            "SHA SHA1 SHA224 SHA256 SHA384 SHA512 MD5 DIGEST CHECKSUM COMMIT REVISION REV FINGERPRINT \
             THUMBPRINT ETAG FP VERSION BUILD INTEGRITY SHASUM HASH SHA256SUM RELEASE",
        ),
        (Fit::Id, "CONTRACT MINT ID IDS UUID GUID KID SID IDENTIFIER SERIAL NONCE TIMESTAMP DATE"),
        (Fit::Public, "PUBLIC PUBKEY PUBLICKEY CERT CERTS CERTIFICATE CERTIFICATES CA CACERT CRT BUNDLE CHAIN JWKS"),
        (
            Fit::Locator,
            "URL URLS URI URIS ENDPOINT ENDPOINTS HOST HOSTS HOSTNAME SERVER SERVERS ADDR ADDRESS ORIGIN \
             ORIGINS LINK DSN IMAGE REPOSITORY REGISTRY PROXY",
        ),
    ]
    .into_iter()
    .flat_map(|(fit, words)| words.split_whitespace().map(move |word| (word, fit)))
    .collect()
});
/// Variables of official base images, shells and orchestrators that look like more than they are.
static WELL_KNOWN: Words = LazyLock::new(|| {
    listed(
        "PATH HOME HOSTNAME PWD OLDPWD LANG TERM SHLVL GPG_KEY GPG_KEYS NPM_CONFIG_LOGLEVEL DYNPKG_RELEASE \
         PKG_RELEASE JOURNAL_STREAM INVOCATION_ID LS_COLORS SSH_AUTH_SOCK _ \
         AWS_CONTAINER_CREDENTIALS_RELATIVE_URI ECS_CONTAINER_METADATA_URI ECS_CONTAINER_METADATA_URI_V4 CI \
         NGINX_GPGKEY NGINX_GPGKEYS HASHICORP_GPG_KEY PUBLIC_KEY NODE_VERSION YARN_VERSION GOSU_VERSION",
    )
});

/// What the name promises about the value.
pub(super) fn promise(name: &str) -> Promise {
    let plain = name.trim();
    if plain.starts_with("LC_") {
        return Promise::Benign(Fit::Any);
    }
    of_words(&words(name))
}

/// Whether this is the shell's, an image's or an orchestrator's own variable, exactly as they write it.
///
/// Counts for variables only: `Pwd=` inside a connection string is a password.
pub(super) fn well_known(name: &str) -> bool {
    WELL_KNOWN.contains(name.trim().trim_start_matches('$'))
}

/// What the name promises when its last word is left out: `PASSWORD_FILE` speaks of a password.
pub(super) fn promise_of_stem(name: &str) -> Promise {
    let mut words = words(name);
    while let Some(last) = words.pop() {
        if !matches!(of_words(&[last]), Promise::Neutral) {
            break;
        }
    }
    of_words(&words)
}

/// Whether the name is one of those that the user declared.
pub(super) fn is_declared(declared: &HashSet<String>, name: &str) -> bool {
    !declared.is_empty() && declared.contains(&name.trim().to_ascii_uppercase())
}

/// Whether one of the name's words is this one.
pub(super) fn speaks_of(name: &str, any: &[&str]) -> bool {
    words(name).iter().any(|word| any.contains(&word.as_str()))
}

/// Whether the name is a signing key's, which is used as it stands, whatever it looks like.
pub(super) fn signs(name: &str) -> bool {
    let words = words(name);
    let says = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let key = says(&["JWT", "SIGNING", "HMAC"]) || says(&["SECRET"]) && says(&["KEY"]);
    key && !says(&["HASH", "HASHED", "VERIFIER", "HTPASSWD", "USERS"]) && of_words(&words) == Promise::Secret
}

fn of_words(words: &[String]) -> Promise {
    let mut end = words.len();
    while end > 1 && (AFTERTHOUGHTS.contains(words[end - 1].as_str()) || number(&words[end - 1])) {
        end -= 1;
    }
    let words = &words[..end];
    let Some(last) = words.last().map(String::as_str) else { return Promise::Neutral };
    let before = words.len().checked_sub(2).map_or("", |at| words[at].as_str());
    if matches!(last, "TOKENS" | "SECRETS" | "KEYS") && matches!(before, "MAX" | "MIN" | "NUM" | "TOTAL" | "USE") {
        return Promise::Benign(Fit::Number);
    }
    if matches!(last, "SECRET" | "SECRETS")
        && matches!(before, "PULL" | "EXISTING" | "KUBE" | "KUBERNETES" | "TLS" | "INGRESS")
    {
        return Promise::Benign(Fit::Word); // the name of a Kubernetes secret
    }
    // In Romance languages the word that decides comes first: `DUREE_JETON`, `MESSAGE_MOT_DE_PASSE`.
    if words.len() > 1
        && !ENGLISH_TOO.contains(&last)
        && let Some(fit) = heads_first(&words[0])
        && words
            .iter()
            .any(|word| STRONG_ABROAD.contains(bare(word)) || KEY_ABROAD.contains(word.as_str()) || word == "PASSE")
    {
        return Promise::Benign(fit);
    }
    if last == "TOKEN"
        && matches!(before, "INPUT" | "OUTPUT" | "NEXT" | "PAGE" | "PAGINATION" | "CONTINUATION" | "STARTING")
    {
        return Promise::Benign(Fit::Id); // where a list goes on
    }
    if last == "CREDENTIAL" && matches!(before, "LOAD" | "IMPORT" | "CONDITION" | "ASSERT") {
        return Promise::Benign(Fit::Word); // systemd's: the name of one
    }
    if last == "ID" && before == "SECRET" {
        return Promise::Weak; // an AppRole's second half, or the name of a secret
    }
    if let Some(fit) = FITS.get(last) {
        return Promise::Benign(*fit);
    }
    // `MAPBOX_PUBLIC_TOKEN`, `SEARCH_ONLY_API_KEY`: made for browsers.
    let third = words.len().checked_sub(3).map_or("", |at| words[at].as_str());
    let published = |word: &str| matches!(word, "PUBLIC" | "PUBLISHABLE" | "ONLY" | "ANON");
    if last == "TOKEN" && published(before) || matches!((before, last), ("API", "KEY")) && published(third) {
        return Promise::Benign(Fit::Public);
    }
    if matches!(last, "KEY" | "KEYS") && KEY_FOR_ALL.contains(before) {
        return Promise::Benign(Fit::Public);
    }
    if matches!(last, "KEY" | "KEYS") && KEY_IN_THE_OPEN.contains(before) {
        return Promise::Benign(Fit::Lookup);
    }
    if strong(last) || STRONG_LAST.contains(bare(last)) || plural(last) {
        return Promise::Secret;
    }
    if ABROAD_WITHIN.iter().any(|phrase| words.concat().contains(phrase)) {
        return Promise::Secret;
    }
    let keyed = |pair: &[String]| {
        matches!(bare(&pair[1]), "KEY" | "KEYS" | "MATERIAL") && KEY_OF_SECRET.contains(pair[0].as_str())
    };
    if words.windows(2).any(keyed) {
        return Promise::Secret;
    }
    // Whose password it is may follow; what a token or a secret is for follows more often.
    if words.iter().any(|word| PASSWORDS.iter().any(|end| bare(word).ends_with(end))) {
        return Promise::Secret;
    }
    if words.iter().any(|word| strong(word)) {
        return Promise::Mentions;
    }
    match last {
        "AUTH"
            if words.iter().any(|word| {
                ["BASIC", "REDISCLI", "REDIS", "HTTP", "PROXY", "REGISTRY", "DOCKER"].contains(&word.as_str())
            }) =>
        {
            Promise::Secret
        }
        _ if words.iter().any(|word| key_abroad(word)) => Promise::Weak,
        "KEY" | "KEYS" | "AUTH" | "SESSION" | "COOKIE" | "LICENSE" | "WEBHOOK" | "SIG" | "SIGNATURE" | "PRIVATE"
        | "CONNECTION" | "CONNSTR" | "MATERIAL" | "USERS" | "ACCOUNTS" => Promise::Weak,
        _ => Promise::Neutral,
    }
}

fn strong(word: &str) -> bool {
    let word = bare(word);
    STRONG.contains(word)
        || STRONG_ABROAD.contains(word)
        || GLUED.iter().any(|end| word.ends_with(end))
        || GLUED_ABROAD.iter().any(|end| word.ends_with(end))
}

/// Words that end in `PASS` and have no password in them.
const PASSAGES: [&str; 14] = [
    "COMPASS",
    "BYPASS",
    "TRESPASS",
    "OVERPASS",
    "UNDERPASS",
    "ENCOMPASS",
    "SURPASS",
    "LOWPASS",
    "HIGHPASS",
    "BANDPASS",
    "MULTIPASS",
    "SINGLEPASS",
    "RENDERPASS",
    "PROXYPASS",
];

/// `DEV_PASSES`, `ROOTPW`: short words glued to what they belong to.
fn plural(word: &str) -> bool {
    matches!(word, "PASSES" | "PINS" | "SALTS")
        || (word.len() >= 4 && ["PW", "PWD"].iter().any(|end| word.ends_with(end)))
        || (word.len() >= 6 && word.ends_with("PASS") && !PASSAGES.contains(&word))
}

fn key_abroad(word: &str) -> bool {
    KEY_ABROAD.contains(word) || ["SCHLUESSEL", "SCHL\u{dc}SSEL"].iter().any(|end| word.ends_with(end))
}

/// Words that mean the same to English eyes, whatever stands in front.
const ENGLISH_TOO: [&str; 4] = ["PASSWORD", "SECRET", "TOKEN", "KEY"];

fn heads_first(word: &str) -> Option<Fit> {
    Some(match word {
        "DUREE" | "DURACION" | "DURATA" | "DURACAO" | "LONGUEUR" | "LONGITUD" | "LUNGHEZZA" | "TAILLE" | "NOMBRE"
        | "NUMERO" | "DIAS" | "JOURS" | "GIORNI" | "MINUTOS" | "EXPIRATION" | "CADUCIDAD" | "ROTATION" => Fit::Number,
        "FICHIER" | "CHEMIN" | "ARCHIVO" | "RUTA" | "ARQUIVO" | "CAMINHO" | "PERCORSO" => Fit::Path,
        "MESSAGE" | "MENSAJE" | "MENSAGEM" | "MESSAGGIO" | "POLITIQUE" | "POLITICA" | "TYPE" | "TIPO"
        | "ALGORITHME" | "ALGORITMO" | "NOM" | "NOME" | "PALABRAS" | "PALAVRAS" | "PAROLES" | "CHAMP" | "CAMPO" => {
            Fit::Word
        }
        _ => return None,
    })
}

/// `PASSWORD2` is a password; `SHA256` stays what it is.
fn bare(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

fn number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// `jwtSecretKey`, `jwt-secret-key` and `JWT_SECRET_KEY` are the same three words.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().take(256).collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let starts = c.is_ascii_uppercase()
            && (before.is_some_and(|b| b.is_ascii_lowercase())
                || (before.is_some_and(|b| b.is_ascii_uppercase()) && after.is_some_and(char::is_ascii_lowercase)));
        if !c.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_based_scan_does_not_miss_unusual_secret_names() {
        for name in [
            "JWT_SECRET_KEY",
            "JWT_SIGNING_MATERIAL",
            "PGPASSWORD",
            "MYSQL_PWD",
            "API_KEY",
            "apiKey",
            "client_secret",
            "REDIS_PASS",
            "DEV_PASSWORD_ALICE",
            "SECRET_KEY_BASE",
            "npm_token",
            "PASSWORD2",
            "X-Api-Key",
            "_authToken",
            "SMTP_PASSWORD_OLD",
            "APP_KEY",
            "HASH_SALT",
            "--password",
            "DB_PASSWORD_B64",
            "REDISCLI_AUTH",
            "jwt",
            "AWS_SECRET_ACCESS_KEY",
            "FERNET_KEY",
            "private_key",
            "SSLPASSWORD",
            "Authorization",
            "PASS_A",
            "Pwd",
        ] {
            assert_eq!(promise(name), Promise::Secret, "{name}");
        }
    }

    #[test]
    fn the_last_word_makes_a_name_harmless() {
        for name in [
            "JWT_ALGORITHM",
            "JWT_SECRET_KEY_ROTATION_DAYS",
            "PASSWORD_HASH_ROUNDS",
            "GPG_KEY",
            "PYTHON_SHA256",
            "TOKEN_URL",
            "DB_PASSWORD_FILE",
            "JWT_PUBLIC_KEY",
            "GIT_COMMIT",
            "IMAGE_ID",
            "ACCESS_TOKEN_TTL",
            "AWS_ACCESS_KEY_ID",
            "MAX_TOKENS",
            "PASSWORD_MIN_LENGTH",
            "SECRET_NAME",
            "SECRETS_MANAGER",
        ] {
            assert!(matches!(promise(name), Promise::Benign(_)), "{name}");
        }
        for name in ["LOG_LEVEL", "COMPASS", "DEBUG_BYPASS", "WORKERS", "KEYBOARD", "PASS_THROUGH", "AUTHOR", "MONKEY"]
        {
            assert!(!matches!(promise(name), Promise::Secret), "{name}");
        }
    }

    #[test]
    fn the_stem_of_a_harmless_name_still_speaks_of_a_secret() {
        assert_eq!(promise_of_stem("DB_PASSWORD_FILE"), Promise::Secret);
        assert_eq!(promise_of_stem("LOG_FILE"), Promise::Neutral);
    }
}
