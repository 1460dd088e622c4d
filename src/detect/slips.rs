//! Secrets that slipped through lists, command lines and odd names, and what was taken for one; one test each.

use super::Context;
use super::traps::{all, class, detector, exposed, hex, loud, noise, own, quiet};
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

#[test]
fn every_shells_and_languages_assignment_is_read() {
    let basic = data_encoding::BASE64.encode(b"app:hunter2zebra");
    for text in [
        "serve --secret hunter2zebra",
        "serve --secret=hunter2zebra",
        &format!("curl -H 'Authorization: Basic {basic}' http://h/"),
        &format!("wget --header=\"Authorization: Basic {basic}\" http://h/"),
        &format!("Authorization: Basic {basic}"),
        "wget --header='X-Api-Key: hunter-zebra' http://h/",
        "printf 'X-Vault-Token: zebra-hunter'",
        "curl -H \"X-Auth-Token: hunter-zebra\" http://h/",
        "http http://h/ X-Api-Key:zebra-hunter",
        "curl -HX-Api-Key:zebra-hunter http://h/",
        "ALTER ROLE app PASSWORD \"hunter2zebra\"",
        "SET PASSWORD FOR 'app'@'%' = 'hunter2zebra'",
        "psql -c \"ALTER USER app WITH PASSWORD 'hunter2zebra'\"",
        "psql -c 'create role app login password '\\''hunter2zebra'\\'''",
        "mysql -e \"CREATE USER 'app'@'%' IDENTIFIED BY 'hunter2zebra'\"",
        "python -c \"import os; os.environ['JWT_SECRET_KEY']='hunter2zebra'\"",
        "python -c 'os.environ.setdefault(\"JWT_SECRET_KEY\", \"hunter2zebra\")'",
        "node -e \"process.env.JWT_SECRET_KEY='hunter2zebra'\"",
        "python -c \"create(debug=True,jwt_secret_key='hunter2zebra')\"",
        "setx /M JWT_SECRET_KEY hunter2zebra",
        "setx JWT_SECRET_KEY \"hunter2zebra\" /M",
        "powershell $env:JWT_SECRET_KEY='hunter2zebra'; app",
        "[Environment]::SetEnvironmentVariable('JWT_SECRET_KEY','hunter2zebra','Machine')",
        "useradd -m -p hunter2zebra app",
        "JWT_SECRET_KEY+=hunter2zebra",
        "set -x JWT_SECRET_KEY hunter2zebra",
        "set -gx JWT_SECRET_KEY hunter2zebra",
        "printf -v JWT_SECRET_KEY %s hunter2zebra",
        "read -r JWT_SECRET_KEY <<< hunter2zebra",
        "setenv JWT_SECRET_KEY hunter2zebra",
        "sed -i s/@@JWT_SECRET_KEY@@/hunter2zebra/ app.conf",
        "sed -i 's|^JWT_SECRET_KEY=.*|JWT_SECRET_KEY=hunter2zebra|' app.conf",
    ] {
        loud(text);
        loud(&format!("RUN {text}"));
    }
    for value in [
        "os.putenv('JWT_SECRET_KEY','hunter2zebra')",
        "ENV['JWT_SECRET_KEY']='hunter2zebra'",
        "$Env:JWT_SECRET_KEY=\"hunter2zebra\"",
        "Name=JWT_SECRET_KEY,Value=hunter2zebra",
        "sh -c 'A=1;JWT_SECRET_KEY=hunter2zebra exec app'",
        "serve --secret hunter2zebra",
    ] {
        assert_eq!(class("ARGS", value), Class::Plaintext, "{value}");
    }
    for text in [
        "docker build --secret id=jwt,src=jwt.txt .",
        "DOCKER_BUILDKIT=1 docker build --secret src=jwt.txt .",
        "docker service create --secret db_password app",
        "gcloud secrets versions access latest --secret=db-password",
        "curl -H 'Authorization: Basic '$LOGIN http://h/",
        "curl -H \"X-Api-Key: $API_KEY\" http://h/",
        "psql -c \"ALTER USER app WITH PASSWORD '$DB_PASSWORD'\"",
        "cursor.execute(\"ALTER USER app PASSWORD '%s'\")",
        "os.environ['JWT_SECRET_KEY']=os.environ['OTHER_KEY']",
        "process.env.JWT_SECRET_KEY = process.env.OTHER",
        "$env:JWT_SECRET_KEY=$env:OTHER_SECRET",
        "sed -i s/@@JWT_SECRET_KEY@@/$JWT_SECRET_KEY/ app.conf",
        "sed 's/password/***/' app.log",
        "sed 's/token/bearer/' app.conf",
        "set -eux; read -r JWT_SECRET_KEY < /run/secrets/jwt",
        "JWT_SECRET_KEY+=$(cat /run/secrets/jwt)",
        "setenv JWT_SECRET_KEY $(cat /run/secrets/jwt)",
        "useradd -m -s /bin/sh app",
    ] {
        quiet(text);
    }
}

#[test]
fn letters_that_nobody_sees_hide_no_name() {
    let secret = "hunter2zebra";
    for odd in ["\u{feff}", "\u{200b}", "\u{a0}", "\u{2028}", "\u{85}", "\u{b}", "\u{c}", "\u{1b}[31m", "+", "> "] {
        assert!(shown(&format!("A=b\n{odd}JWT_SECRET_KEY={secret}\n")), "{odd:?} in front");
    }
    for odd in ["\u{feff}", "\u{200b}", "\u{a0}", "\u{2028}", "\u{85}", "\u{b}", "\u{c}", "\u{1b}[0m"] {
        assert!(shown(&format!("A=b\nJWT_SECRET_KEY{odd}={secret}\n")), "{odd:?} behind");
        assert!(shown(&format!("A=b\nJWT_SECRET_KEY={odd}{secret}\n")), "{odd:?} behind the sign");
    }
    for end in ["\u{2028}", "\u{85}", "\u{b}", "\u{c}"] {
        assert!(shown(&format!("A=b{end}JWT_SECRET_KEY={secret}\n")), "{end:?} between");
    }
    for text in ["JWT_SECRET_KEY hunter2zebra", "JWT_SECRET_KEY\thunter2zebra", "APP_MATERIAL_X 12345678"] {
        assert!(shown(&format!("A=b\n{text}\n")), "{text}");
    }
    for text in
        ["JWT_SECRET_KEY is in the vault", "DB_PASSWORD", "export DB_PASSWORD API_TOKEN", "see DB_PASSWORD below"]
    {
        assert!(!shown(&format!("A=b\n{text}\n")), "{text}");
    }
}

#[test]
fn a_name_and_its_value_on_two_lines_belong_together() {
    for text in [
        "env:\n- name: JWT_SECRET_KEY\n  value: hunter2zebra\n",
        "env:\n- name: \"JWT_SECRET_KEY\"\n  value: \"hunter2zebra\"\n",
        "{\n  \"name\": \"JWT_SECRET_KEY\",\n  \"value\": \"hunter2zebra\"\n},\n",
        "\"name\": \"JWT_SECRET_KEY\", \"value\": \"hunter2zebra\"",
        "- name: JWT_SECRET_KEY\n\n  # why\n  value: hunter2zebra\n",
        "- value: hunter2zebra\n  name: JWT_SECRET_KEY\n",
        "{\"value\": \"hunter2zebra\", \"name\": \"JWT_SECRET_KEY\"}",
        "<add key=\"JWT_SECRET_KEY\" value=\"hunter2zebra\"/>",
        "ParameterKey=JwtSecretKey,ParameterValue=hunter2zebra",
    ] {
        loud(text);
        assert!(shown(&format!("A=b\n{text}\n")), "{text}");
    }
    for text in [
        "- name: JWT_SECRET_KEY\n  valueFrom:\n    secretKeyRef: {name: app, key: jwt}\n",
        "- name: LEVEL\n  value: info\n",
        "- name: LEVEL\n  value: hunter2zebra\n- name: JWT_SECRET_KEY\n  valueFrom: x\n",
        "- name: JWT_SECRET_KEY\n  value: $(JWT)\n",
    ] {
        quiet(text);
    }
}

#[test]
fn what_a_program_fills_in_is_no_secret() {
    for query in ["{token}", ":token", "<token>", "%s", "${TOKEN}", "{{ token }}"] {
        let got = class("PASSWORD_RESET_URL", &format!("https://app.example.com/reset?token={query}"));
        assert!(!got.is_exposed() && !got.needs_review(), "{query} {got:?}");
    }
    assert!(!shown("PASSWORD_RESET_URL=https://app.example.com/reset?token={token}\n"));
    quiet("SECRET_KEY = os.environ.get('SECRET_KEY', '')");
    quiet("settings(password=None, token=os.getenv('TOKEN'))");
    quiet("PASSWORD_RESET_URL=https://app.example.com/reset?token={token}");
    assert_eq!(class("RESET_URL", &format!("https://h/reset?token={{{}}}", noise(40))), Class::Plaintext);
}

#[test]
fn a_blank_key_is_known_to_everybody() {
    for value in [" ", "   ", "\t", "\"\"", "''"] {
        assert_eq!(class("JWT_SECRET_KEY", value), Class::Placeholder, "{value:?}");
        assert_eq!(class("APP_MATERIAL_X", value), Class::Placeholder, "{value:?}");
        assert_eq!(class("LEVEL", value), Class::Empty, "{value:?}");
    }
    assert_eq!(class("JWT_SECRET_KEY", ""), Class::Empty);
    assert!(!shown("JWT_SECRET_KEY=\"\"\nDB_PASSWORD=\n"));
}

#[test]
fn a_verifier_or_a_label_does_not_lock_what_is_used_as_it_stands() {
    let bcrypt = format!("$2b$12${}", noise(53));
    let hash = noise(32).bytes().fold(String::from("md5"), |text, b| text + &format!("{:x}", b % 16));
    let native = format!("*{}", "0A7C3F9E1B5D82649CDE".repeat(2));
    let labelled = ["enc", "kms", "encrypted"].map(|label| format!("{label}:{}", noise(43)));
    for value in [&bcrypt, &hash, &native].into_iter().chain(&labelled) {
        for name in ["JWT_SECRET_KEY", "APP_MATERIAL_X", "SIGNING_KEY"] {
            assert_eq!(class(name, value), Class::Plaintext, "{name}={value}");
        }
        for name in ["ADMIN_PASSWORD_HASH", "HTPASSWD_USERS", "JWT_SECRET_VERIFIER"] {
            assert!(!class(name, value).is_exposed(), "{name}={value}");
        }
        assert_eq!(class("DATABASE_URL", &format!("postgres://app:{value}@db/x")), Class::Plaintext, "{value}");
    }
    let kms = format!("AQICAHh{}", noise(120));
    for value in ["ENC[AES256_GCM,data:abc,iv:d,tag:e,type:str]", "vault:v1:aGVsbG8gd29ybGQ=", &format!("kms:{kms}")] {
        assert_eq!(class("JWT_SECRET_KEY", value), Class::Encrypted, "{value}");
    }
}

#[test]
fn a_files_url_is_a_path_like_any_other() {
    assert_eq!(class("JWT_SECRET_KEY", &format!("file:///{}", noise(24))), Class::Plaintext);
    assert_eq!(class("JWT_SECRET_KEY", "file:///hunter2zebra"), Class::Plaintext);
    assert!(class("BLOB", &format!("file:///{}", noise(40))).needs_review());
    for value in ["file:///vault/secrets/api", "file:///run/secrets/jwt", "file:///jwt.key"] {
        assert!(matches!(class("JWT_SECRET_KEY", value), Class::FileReference | Class::Reference), "{value}");
    }
}

#[test]
fn more_values_than_anybody_reads_are_not_vouched_for() {
    let many = |line: &str| line.repeat(12_000);
    for text in [many("A=b\n"), many("JWT_SECRET_KEY=hunter2zebra\n"), many("# a remark\nA=b\n")] {
        let scan = detector().env_file(&own(&text));
        assert!(!scan.determined && scan.spotted.len() <= 10_001, "{}", scan.spotted.len());
        let scan = detector().text(&own(&text), Context::Env);
        assert!(!scan.determined && scan.spotted.len() <= 10_001, "{}", scan.spotted.len());
    }
    let scan = detector().json(&own(&format!("[{}1]", "\"JWT_SECRET_KEY=1\",".repeat(12_000))));
    assert!(!scan.determined && scan.spotted.len() <= 10_001);
    assert!(detector().env_file(&own(&"A=b\n".repeat(9_000))).determined);
    let list = format!("{}JWT_SECRET_KEY=hunter2zebra", "mode=live,".repeat(5_000));
    let got = class("CFG", &list);
    assert!(got.is_exposed() || got == Class::Undetermined, "{got:?}");
}

#[test]
fn an_assignment_in_the_value_of_another_is_read() {
    let key = noise(24);
    for text in ["label=level:db-password=@", "opts=a:b:token=@", "x=y=api_key=@"] {
        assert_eq!(class("SecurityOpt", &text.replace('@', &key)), Class::Plaintext, "{text}");
    }
    assert_ne!(class("SecurityOpt", "seccomp=unconfined=no"), Class::Plaintext);
}

#[test]
fn random_text_that_a_command_writes_somewhere_is_for_review() {
    let token = noise(40);
    let open = |text: &str| {
        let scan = detector().text(&own(text), Context::History);
        scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Open)
    };
    assert!(open(&format!("RUN echo {token} > /f && rm -f /f")));
    assert!(open(&format!("RUN /bin/sh -c printf '%s' \"{token}\" | tee /etc/app/x")));
    for text in ["RUN echo {} > /app/REVISION", "RUN echo 1.2.3 > /x", "RUN echo /usr/local/lib > /etc/ld.so.conf.d/x"]
    {
        assert!(!open(&text.replace("{}", &token)), "{text}");
    }
    assert!(!open(&format!("RUN echo {} > /app/source", &hex(64)[..40])));
}
