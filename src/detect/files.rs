//! Which file names are environment files, and which are templates of them.
//!
//! Knows names only: whether such a file may exist, and what stands in it, is judged elsewhere.

/// The words by which a file says that it is a template.
const TEMPLATE_WORDS: [&str; 9] =
    ["example", "sample", "template", "tmpl", "tpl", "dist", "test", "default", "defaults"];

/// Whether a file of this name usually holds an environment: `.env`, `.env.production`, `prod.env`, `.envrc`,
/// `env.sh`, editors' leftovers of these. Templates of them are [`env_template`]s and count here too.
#[must_use]
pub fn env_like(file_name: &str) -> bool {
    let name = base(file_name);
    let stem = name.trim_start_matches(['#', '~']).trim_end_matches(['~', '#']);
    stem == ".env"
        || stem.starts_with(".env.")
        || stem.starts_with(".env-")
        || stem.starts_with(".env_")
        || stem.starts_with(".envrc")
        || stem == "env.sh"
        || stem.starts_with("env.sh.")
        || stem.starts_with("settings.local")
        || matches!(stem, "env" | "environment" | ".environment" | "dotenv")
        || stem.strip_prefix('.').is_some_and(env_extension)
        || env_extension(stem)
}

/// Whether a file of this name is a template of an environment file: stand-ins are expected in it.
#[must_use]
pub fn env_template(file_name: &str) -> bool {
    let name = base(file_name);
    env_like(&name) && name.split(['.', '-', '_', '~']).any(|word| TEMPLATE_WORDS.contains(&word))
}

/// Whether a name has an environment file's shape without saying `.env`: `env`, `env.sh`, `.envrc`. Programs and
/// scripts bear such names too, so what stands in the file must decide.
#[must_use]
pub fn weak_env_name(file_name: &str) -> bool {
    let name = base(file_name);
    !name.match_indices(".env").any(|(at, stem)| {
        let next = name[at + stem.len()..].chars().next();
        !next.is_some_and(char::is_alphanumeric)
    })
}

fn base(file_name: &str) -> String {
    file_name.rsplit(['/', '\\']).next().unwrap_or(file_name).to_ascii_lowercase()
}

/// `prod.env`, `prod.env.bak`, `.app.env.swp`.
fn env_extension(name: &str) -> bool {
    const LEFTOVERS: [&str; 9] = ["bak", "old", "orig", "save", "swp", "swo", "tmp", "backup", "copy"];
    let mut parts: Vec<&str> = name.split('.').collect();
    while parts.len() > 2 && parts.last().is_some_and(|last| LEFTOVERS.contains(last) || TEMPLATE_WORDS.contains(last))
    {
        parts.pop();
    }
    parts.len() >= 2 && parts.last() == Some(&"env")
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
    fn only_a_literal_stem_decides_by_the_name_alone() {
        for name in [".env", ".ENV", ".env.production", ".env-staging", "prod.env", ".env~", "svc/.env", "..env.swp"] {
            assert!(!weak_env_name(name), "{name}");
        }
        for name in [".envrc", "env.sh", "env", "environment", ".environment", "dotenv", "settings.local.json"] {
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
