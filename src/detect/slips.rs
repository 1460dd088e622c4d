//! Secrets that slipped through lists, command lines and odd names, and what was taken for one; one test each.

use super::traps::{all, class, detector, exposed, loud, noise, own, quiet};
use crate::evidence::Class;

/// Whether an environment file with this text exposes something.
fn shown(text: &str) -> bool {
    exposed(&detector().env_file(&own(text))) > 0
}

#[test]
fn a_long_list_of_settings_is_read_to_its_end() {
    for separator in [",", ";", ", ", "; "] {
        for fillers in [1, 3, 4, 5, 8, 30] {
            let before: Vec<String> = ["token_count=1", "password_hint=none", "mode=live", "retries=3", "level=info"]
                .iter()
                .cycle()
                .take(fillers)
                .map(|member| (*member).to_owned())
                .collect();
            for secret in [format!("JWT_SECRET_KEY={}", noise(40)), "db_password=hunter2zebra".to_owned()] {
                let list = [before.clone(), vec![secret.clone()], before.clone()].concat().join(separator);
                for name in ["CFG", "token_count", "password_hint", "APP_SETTINGS", "TOKEN_NOTE", "password_policy"] {
                    assert_eq!(class(name, &list), Class::Plaintext, "{name} {fillers} {separator:?}");
                }
            }
        }
    }
    for list in [
        format!("live,token_count=1,mode=x,JWT_SECRET_KEY={}", noise(40)),
        format!("a=1;b=2,mode=x,JWT_SECRET_KEY={},c=3", noise(40)),
        format!("token_count: 1, mode: live, JWT_SECRET_KEY: {}, level: info", noise(40)),
        "mode=live,level=info,a=1,b=2,APP_MATERIAL_X=12345678".to_owned(),
        format!("{}JWT_SECRET_KEY=hunter2zebra", "token_count=1,".repeat(600)),
    ] {
        assert_eq!(class("CFG", &list), Class::Plaintext, "{list}");
        assert_eq!(class("password_hint", &list), Class::Plaintext, "{list}");
    }
    let harmless = "token_count=1,password_hint=none,mode=live,retries=3,level=info,token_ttl=15m";
    for list in [
        harmless,
        "(&(objectClass=person)(userPassword=*))",
        "Server=sql;Database=app;User Id=sa;Password=${SA_PASSWORD};",
    ] {
        assert!(!class("CFG", list).is_exposed(), "{list}");
    }
}

#[test]
fn a_default_is_judged_under_its_own_variables_name() {
    for text in [
        ": \"${JWT_SECRET_KEY:=hunter2zebra}\"",
        ": ${JWT_SECRET_KEY:=hunter2zebra}",
        "RUN exec app --key \"${JWT_SECRET_KEY:-hunter2zebra}\"",
        "sh -c 'echo ${JWT_SECRET_KEY-hunter2zebra}'",
        "X=${APP_MATERIAL_X:-12345678}",
        "export URL=http://h/${A:-${DB_PASSWORD:-hunter2zebra}}",
    ] {
        loud(text);
        assert!(shown(&format!("A=b\n{text}\n")), "{text}");
    }
    all(
        Class::Plaintext,
        &[("FEATURE", "${JWT_SECRET_KEY:-hunter2zebra}"), ("ARGS", "serve --level ${DB_PASSWORD:=hunter2zebra} x")],
    );
    for text in [
        ": \"${JWT_SECRET_KEY:?must be set}\"",
        ": ${LEVEL:=info}",
        "run ${DB_PASSWORD:+--with-password} x",
        "X=${DB_PASSWORD:-}",
        "X=${DB_PASSWORD:-$OTHER_PASSWORD}",
        "X=${DB_PASSWORD:-$(cat /run/secrets/db)}",
        "X=${DB_PASSWORD_FILE:-/run/secrets/db}",
    ] {
        quiet(text);
        assert!(!shown(&format!("A=b\n{text}\n")), "{text}");
    }
}

#[test]
fn a_value_ends_where_the_shell_ends_it_and_the_rest_is_read() {
    for text in [
        "A=1;JWT_SECRET_KEY=hunter2zebra",
        "A=1&&JWT_SECRET_KEY=hunter2zebra",
        "A=1|JWT_SECRET_KEY=hunter2zebra",
        "A=http://h/x?y=1;JWT_SECRET_KEY=hunter2zebra",
        "A=1;export JWT_SECRET_KEY=hunter2zebra",
        "true;JWT_SECRET_KEY=hunter2zebra",
        "sh -c 'A=1;JWT_SECRET_KEY=hunter2zebra exec app'",
        "sh -c A=1;B=2;JWT_SECRET_KEY=hunter2zebra",
    ] {
        loud(text);
        assert!(shown(&format!("{text}\nB=2\n")), "{text}");
    }
    assert!(shown("JWT_SECRET_KEY=hunter2;zebra\n"));
    for text in ["A=1;JWT_SECRET_KEY=$JWT", "A=1;LEVEL=info", "A=http://h/?a=1&mode=2", "PATTERN=a|b|token|c"] {
        quiet(text);
        assert!(!shown(&format!("{text}\nB=2\n")), "{text}");
    }
}
