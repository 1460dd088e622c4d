//! A repository with a value in blobs, links, names, messages, Dockerfiles and ignore files.

use super::planted::Planted;

const HISTORY: &str = "git/history";
const DOCKERFILE: &str = "source/dockerfile";

pub(super) fn plant(planted: &mut Planted) {
    blobs(planted);
    names_and_messages(planted);
    dockerfiles(planted);
}

fn blobs(p: &mut Planted) {
    let files = [
        (".env", format!("JWT_SECRET_KEY={}\n", p.at(".env", HISTORY, "\".env\""))),
        ("svc/.env", format!("DATABASE_URL={}\n", p.dsn("svc/.env", HISTORY, "svc/.env"))),
        ("deploy/prod.env", format!("# API_TOKEN={}\n", p.at("prod.env, a comment", HISTORY, "deploy/prod.env"))),
        ("job/.env", format!("APP_CONFIG_B64={}\n", p.wrapped("job/.env, base64", HISTORY, "job/.env"))),
        (".env.example", format!("API_TOKEN={}\n", p.at(".env.example", "git/templates", "API_TOKEN"))),
        (".gitignore", format!("# API_TOKEN={}\n{}\n", p.unseen(), p.unseen())),
        (".gitattributes", format!("{} -diff\n", p.unseen())),
    ];
    for (path, text) in &files {
        p.repo().write(path, text);
    }
    let wide = format!("API_TOKEN={}\n", p.at("web/.env, UTF-16", HISTORY, "web/.env"));
    p.repo().write("web/.env", wide.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let target = p.as_name();
    std::fs::create_dir_all(p.repo().dir.join("link")).unwrap();
    std::os::unix::fs::symlink(format!("../{target}"), p.repo().dir.join("link/.env")).unwrap();
    let folder = p.as_name();
    let inside = p.at("a .env in a folder named like a value", HISTORY, "withheld");
    p.repo().write(&format!("{folder}/.env"), format!("API_TOKEN={inside}\n"));
    p.repo().commit_all();
    p.repo().remove(".env");
}

fn names_and_messages(p: &mut Planted) {
    let (branch, tag) = (p.as_name(), p.as_name());
    let (message, tagged, author, note) = (p.unseen(), p.unseen(), p.unseen(), p.unseen());
    let repo = p.repo();
    repo.git(&["branch", &branch]);
    let author = format!("--author={author} <{author}@example.org>");
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("JWT_SECRET_KEY={message}"), &author]);
    repo.git(&["tag", "-a", &tag, "-m", &format!("JWT_SECRET_KEY={tagged}")]);
    repo.git(&["notes", "add", "-m", &format!("JWT_SECRET_KEY={note}")]);
    let stashed = p.unseen();
    let repo = p.repo();
    repo.write("README", format!("JWT_SECRET_KEY={stashed}\n"));
    repo.git(&["stash", "-q", "-m", &stashed]);
}

fn dockerfiles(p: &mut Planted) {
    let text = format!(
        "# DC_TOKEN={}\nFROM scratch\nENV DE_TOKEN={}\nENV DU={}\nARG DA_TOKEN={}\nRUN DR_TOKEN={} make\n\
         LABEL dl-token={}\nCMD [\"a\", \"--dcm-password={}\"]\nHEALTHCHECK CMD DH_TOKEN={} true\nCOPY {} /x\n",
        p.at("Dockerfile: a comment", DOCKERFILE, "DC_TOKEN"),
        p.at("Dockerfile: ENV", DOCKERFILE, "DE_TOKEN"),
        p.dsn("Dockerfile: ENV, a URL", DOCKERFILE, "\"DU\""),
        p.at("Dockerfile: ARG", DOCKERFILE, "DA_TOKEN"),
        p.at("Dockerfile: RUN", DOCKERFILE, "DR_TOKEN"),
        p.at("Dockerfile: LABEL", DOCKERFILE, "dl-token"),
        p.at("Dockerfile: CMD", DOCKERFILE, "dcm-password"),
        p.at("Dockerfile: HEALTHCHECK", DOCKERFILE, "DH_TOKEN"),
        p.unseen(),
    );
    let ignore = format!("# API_TOKEN={}\n!{}\n", p.unseen(), p.unseen());
    p.repo().write("Dockerfile", text);
    p.repo().write(".dockerignore", ignore);
}
