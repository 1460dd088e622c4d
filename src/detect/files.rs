//! Which file names are environment files, and which are templates of them.
//!
//! Knows names only: whether such a file may exist, and what stands in it, is judged elsewhere.

/// The words by which a file says that it is a template.
const TEMPLATE_WORDS: [&str; 9] =
    ["example", "sample", "template", "tmpl", "tpl", "dist", "test", "default", "defaults"];

/// The words by which a file says which environment it is for.
const ENVIRONMENTS: [&str; 15] = [
    "production",
    "prod",
    "staging",
    "stage",
    "local",
    "development",
    "dev",
    "live",
    "preprod",
    "preview",
    "qa",
    "uat",
    "ci",
    "docker",
    "secret",
];

/// Endings of code and documents: `env.rs` and `vite.env.ts` are no environments.
const CODE: [&str; 39] = [
    "ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts", "map", "rs", "go", "py", "pyc", "pyi", "java", "kt", "scala",
    "c", "h", "cc", "cpp", "hpp", "cs", "rb", "php", "swift", "vue", "svelte", "css", "scss", "html", "md", "rst",
    "json", "yaml", "yml", "xml", "toml", "lock",
];
/// What else may stand in such a name: `env-filter` is a program, `environment-setup` a text.
const ALSO: [&str; 18] = [
    "list",
    "txt",
    "properties",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "vars",
    "variables",
    "file",
    "conf",
    "cfg",
    "ini",
    "secrets",
    "export",
];
/// The words by which a file says that it is a leftover.
const LEFTOVERS: [&str; 9] = ["bak", "old", "orig", "save", "swp", "swo", "tmp", "backup", "copy"];
/// First words of names that speak of an environment without a dot: `env.list`, `setenv.sh`, `env_prod`.
const STEMS: [&str; 6] = ["env", "envfile", "environment", "dotenv", "setenv", "envvars"];

/// Whether a file of this name usually holds an environment: `.env`, `.env.production`, `prod.env`, `.envrc`,
/// `env.sh`, leftovers and copies of these. Templates of them are [`env_template`]s and count here too.
#[must_use]
pub fn env_like(file_name: &str) -> bool {
    let name = base(file_name);
    let stem = original(name.trim_start_matches(['#', '~']).trim_end_matches(['~', '#']));
    stem.strip_prefix(".env").is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
        || stem.starts_with(".envrc")
        || stem.starts_with("settings.local")
        || matches!(stem, ".flaskenv" | ".rbenv-vars" | ".docker-env" | ".envs")
        || stem == ".dev.vars"
        || stem.starts_with(".dev.vars.")
        || speaks_of_one(stem.trim_start_matches('.'))
        || env_extension(stem.trim_start_matches('.'))
}

/// `env`, `env.list`, `env_file`, `environment.production`, `.envprod`: no code, and whatever it is for.
fn speaks_of_one(name: &str) -> bool {
    let mut words = name.split(['.', '-', '_']);
    let first = words.next().unwrap_or_default();
    let for_one = first.strip_prefix("env").is_some_and(|rest| ENVIRONMENTS.contains(&rest));
    let also = |word: &str| {
        word.bytes().all(|b| b.is_ascii_digit())
            || [&ALSO[..], &LEFTOVERS, &ENVIRONMENTS, &TEMPLATE_WORDS].iter().any(|list| list.contains(&word))
    };
    (for_one || STEMS.contains(&first)) && words.all(also)
}

/// Whether a file of this name is a template of an environment file: stand-ins are expected in it.
#[must_use]
pub fn env_template(file_name: &str) -> bool {
    let name = base(file_name);
    env_like(&name) && name.split(['.', '-', '_', '~', ' ']).any(|word| TEMPLATE_WORDS.contains(&word))
}

/// Whether a name has an environment file's shape without saying `.env`: `env`, `env.sh`, `.envrc`. Programs and
/// scripts bear such names too, so what stands in the file must decide.
#[must_use]
pub fn weak_env_name(file_name: &str) -> bool {
    let name = base(file_name);
    let code = name.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending));
    code || !name.match_indices(".env").any(|(at, stem)| !name[at + stem.len()..].starts_with(char::is_alphabetic))
}

/// The last part of a path in lower case, without what nobody sees: `.env\r` and `.env ` look like `.env`.
fn base(file_name: &str) -> String {
    let last = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let seen: String = last.chars().filter(|c| !is_invisible(*c)).collect();
    seen.trim().to_ascii_lowercase()
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The name of which a file manager made this copy: `prod.env (1)`, `prod.env copy 2`, `prod.env - copy`.
fn original(name: &str) -> &str {
    let Some((before, mark)) = name.split_once(' ') else { return name };
    let rest = mark.replace("copy", "");
    if rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-')) { before } else { name }
}

/// `prod.env`, `prod.env.bak`, `app.env.production`, `prod.env-20240131`: whatever stands behind, unless it is code.
fn env_extension(name: &str) -> bool {
    let mut parts = name
        .split('.')
        .skip(1)
        .skip_while(|part| *part != "env" && !part.starts_with("env-") && !part.starts_with("env_"));
    parts.next().is_some() && !parts.any(|part| CODE.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_an_environment_file_is_known() {
        for name in [
            ".env",
            ".ENV",
            ".env.production",
            "prod.env",
            ".envrc",
            "env.sh",
            "settings.local",
            "env.list",
            "envfile",
            "env_file",
            "env.txt",
            "prod.env.txt",
            "prod.env.rpmsave",
            "prod.env-20240131",
            "prod.env.v2",
            ".envprod",
            ".rbenv-vars",
            "setenv.sh",
            "env_prod",
            ".env~",
            ".env.swp",
            ".env.bak",
            "..env.swp",
            ".env.swp",
            "svc/.env",
            ".prod.env",
            "prod.env.bak",
            ".env-staging",
            ".env.local",
        ] {
            assert!(env_like(name), "{name}");
            assert!(!env_template(name), "{name}");
        }
        for name in ["environment.rs", "env.rs", "venv", "envoy.yaml", "README.md", ".environs", "settings.py"] {
            assert!(!env_like(name), "{name}");
        }
    }

    #[test]
    fn copies_blanks_and_environments_in_the_name_hide_nothing() {
        for name in [
            ".env copy",
            ".env (1)",
            ".env2",
            ".env ",
            ".env\r",
            ".env\u{200b}",
            "prod.env (1)",
            "app.env.production",
            "app.env.prod.bak",
        ] {
            assert!(env_like(name) && !env_template(name), "{name:?}");
            assert!(!weak_env_name(name), "{name:?}");
        }
        for name in ["env.production", "env.prod", "env.local", "env.staging", ".flaskenv", ".dev.vars", ".envrc"] {
            assert!(env_like(name) && weak_env_name(name), "{name}");
        }
        assert!(env_template(".env.example (1)") && env_template("env.local.example"));
        for name in ["environment.ts", "env.d.ts", "env.js", "vite.env.ts", "app.env.rs", "environment.prod.ts", "venv"]
        {
            assert!(!env_like(name), "{name}");
        }
    }

    #[test]
    fn only_a_literal_stem_decides_by_the_name_alone() {
        for name in [".env", ".ENV", ".env.production", ".env-staging", "prod.env", ".env~", "svc/.env", "..env.swp"] {
            assert!(!weak_env_name(name), "{name}");
        }
        for name in [
            ".envrc",
            "env.sh",
            "env",
            "env.list",
            "env_prod",
            ".env.d.ts",
            "environment",
            ".environment",
            "dotenv",
            "settings.local.json",
        ] {
            assert!(weak_env_name(name), "{name}");
        }
    }

    #[test]
    fn templates_are_told_from_environments() {
        for name in [
            ".env.example",
            ".env.sample",
            ".env.template",
            ".env.dist",
            ".env.test",
            "example.env",
            ".ENV.EXAMPLE",
            ".env.production.example",
            "prod.env.example",
            ".env-example",
        ] {
            assert!(env_like(name), "{name}");
            assert!(env_template(name), "{name}");
        }
    }
}
