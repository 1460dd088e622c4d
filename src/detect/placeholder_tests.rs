//! Stand-ins and what only looks like one.

use super::*;

#[test]
fn a_placeholder_is_the_whole_component() {
    for value in [
        "changeme",
        "CHANGE_ME",
        "ChangeMe!",
        "change-me-in-production",
        "PASS",
        "PASS_A",
        "<your-token>",
        "xxx",
        "xxxx-xxxx-xxxx",
        "YOUR_API_KEY",
        "YOUR_KEY_HERE",
        "example",
        "TODO",
        "dummy",
        "your-key-goes-here",
        "yourapikeyhere",
        "dummy-token",
        "replace_with_real_secret",
        "***",
        "example-password",
        "changeme123",
        "insert your key here",
        "sk_live_xxxxxxxx",
        "__API_KEY__",
    ] {
        assert!(whole("API_KEY", value), "{value}");
    }
    assert!(whole("JWT_SECRET_KEY", "JWT_SECRET_KEY"));
}

#[test]
fn a_placeholder_inside_a_secret_is_none() {
    let tail: String = (0..16).map(|n| b"8f3a0c9d"[(n * 5) % 8] as char).collect();
    for value in [
        &format!("changeme-{tail}"),
        "Example-Corp-7731!",
        "tr0ub4dor-and-3",
        "hunter2",
        "passw0rd",
        "supersecret",
        "example7731",
        "test",
        "Sample-Horse-Staple",
    ] {
        assert!(!whole("API_KEY", value), "{value}");
    }
}

#[test]
fn requests_in_many_languages_are_stand_ins() {
    for value in [
        "hier-sicheres-passwort-einsetzen",
        "DEIN_GEHEIMER_SCHLÜSSEL",
        "dein_wetterdienst_schluessel",
        "bitte ausfüllen",
        "votre_clé_sécurisée",
        "changez-moi-en-production",
        "collez_votre_token_ici",
        "tu_contraseña_mysql",
        "CAMBIA_ESTE_VALOR",
        "sua_chave_secreta",
        "ALTERE_ESTA_SENHA",
        "la_tua_chiave_gemini",
        "inserisci_una_password_sicura",
        "jouw_wachtwoord_hier",
        "kies_een_sterk_geheim",
        "zmien_na_dlugi_losowy_ciag",
        "twoj_klucz_pogodowy",
        "vash_token_zdes",
        "ваш_токен_яндекс_диска",
        "gizli_anahtar_buraya",
        "senin_openai_anahtarın",
        "ganti-dengan-password-kuat",
        "isi_api_key_kamu",
        "mat_khau_postgres_cua_ban",
        "你的OpenAI金鑰",
        "请替换为长随机密码",
        "あなたのAPIキー",
        "여기에_발급받은_키",
        "byt_ut_mig",
        "vaihda-minut",
    ] {
        assert!(whole("API_KEY", value), "{value}");
    }
}

#[test]
fn a_value_that_says_where_the_secret_is_stands_in_for_it() {
    for value in [
        "see-vault",
        "SEE_1PASSWORD",
        "from-1password",
        "get-from-azure-portal",
        "get_from_mapbox.com",
        "from_google_cloud_console",
        "ask-your-admin",
        "set_by_ci",
        "stored-in-vault",
        "injected-at-runtime",
        "choose-a-strong-password",
        "use-the-keystore-password",
        "generate-with-openssl-rand-hex-32",
        "not-used-in-dev",
        "paste-the-openssl-output-here",
    ] {
        assert!(whole("API_KEY", value), "{value}");
    }
}

#[test]
fn a_value_that_only_describes_itself_stands_in() {
    for value in [
        "dev-jwt-secret",
        "strong_password",
        "super-secret-jwt-token-with-at-least-32-characters-long",
        "long-random-string",
        "VeryStrongDatabasePassword",
        "ThisIsAVerySecretString",
        "SomeRandomStringOf32CharsExactly",
        "this-is-not-a-secret",
    ] {
        assert!(whole("APP_KEY", value), "{value}");
    }
    assert!(whole("SMTP_PASSWORD", "smtpPassword"));
}

#[test]
fn what_remains_when_the_words_are_removed_is_a_secret() {
    for value in [
        "ChangeMe-Acme-2024!",
        "ChangeMe2024!",
        "myS3cretPassw0rd!",
        "NotASecret4Nobody",
        "your-majesty-77",
        "set-secret-lantern",
        "my-secret-horse-42",
        "insert-coin-Pacman-80",
        "use-the-force-luke",
        "see-you-later-alligator",
        "from-russia-with-love",
        "here-be-dragons",
        "get-off-my-lawn",
        "not-my-circus",
        "put-a-ring-on-it",
        "the-key-is-under-the-mat",
        "tu-eres-mi-vida",
        "hier-kommt-die-maus",
        "dein-ist-mein-herz",
        "votre-altesse-royale",
        "春眠不觉晓-Tang618",
        "anton123",
        "devil1",
        "enternow",
        "letmeinnow",
        "mysecretpassword",
        "qwertyuiop",
        "12345678",
    ] {
        assert!(!whole("DB_PASSWORD", value), "{value}");
    }
}
