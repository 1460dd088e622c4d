//! Images that real builders made, through a real engine. Each test is named after the trap it closes.

use crate::docker::rig::{BASE, Builder, Container, IMAGE, build, busybox, causes, collect, config, count, docker};
use crate::docker::rig::{docker_with, exposed, host, identity, of, secret, shown, unique};
use leakproof::evidence::{Batch, Cause};
use std::path::Path;

const BOTH: [Builder; 2] = [Builder::Classic, Builder::Buildkit];

fn examine(image: &str) -> Batch {
    collect(&config(&host(), &format!("images: [ \"{image}\" ]")), Path::new(""), &IMAGE)
}

fn variable<'a>(batch: &'a Batch, name: &str, place: &str) -> Option<&'a leakproof::evidence::Evidence> {
    of(batch, "image.env", name).into_iter().find(|one| one.word("where") == Some(place))
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn env_and_build_arguments_of_both_builders() {
    for builder in BOTH {
        let values: Vec<String> = (0..3).map(|_| secret()).collect();
        let text = format!(
            "{BASE}ENV ARCH=amd64 API_KEY={}\nARG DEF_TOKEN={}\nARG TOKEN\nARG BARE_TOKEN\nRUN echo > /x\n",
            values[0], values[1]
        );
        let batch = examine(&build(builder, &text, &[&format!("TOKEN={}", values[2])]));
        let class = |name, place| variable(&batch, name, place).and_then(|one| one.word("class"));
        assert_eq!(class("API_KEY", "history-env"), Some("plaintext"), "{builder:?} {}", shown(&batch));
        assert!(of(&batch, "image.env", "API_KEY").len() == 1, "config repeats it: {}", shown(&batch));
        assert_eq!(class("TOKEN", "build-arg"), Some("plaintext"), "{builder:?} {}", shown(&batch));
        assert_eq!(class("DEF_TOKEN", "build-arg").or(class("DEF_TOKEN", "history-arg")), Some("plaintext"));
        assert_eq!(class("BARE_TOKEN", "history-arg"), Some("empty"), "{builder:?} {}", shown(&batch));
        let word = if builder == Builder::Classic { "classic" } else { "buildkit" };
        assert_eq!(identity(&batch, "image.env", "builder").as_deref(), Some(word));
        assert!(causes(&batch, "image.env").is_empty(), "{builder:?} {}", shown(&batch));
        assert!(values.iter().all(|value| !shown(&batch).contains(value)));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn the_text_of_a_command_stays_although_its_file_is_gone() {
    for builder in BOTH {
        let value = secret();
        let text = format!("{BASE}RUN RUN_SECRET={value}; echo \"$RUN_SECRET\" > /f && rm /f\n");
        let batch = examine(&build(builder, &text, &[]));
        let found = exposed(&batch, "image.command", "where", "run");
        assert_eq!(found.len(), 1, "{builder:?} {}", shown(&batch));
        assert!(found[0].subject.place.layer.is_some() && !shown(&batch).contains(&value));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn labels_health_checks_commands_and_onbuild_of_both_builders() {
    for builder in BOTH {
        let v: Vec<String> = (0..5).map(|_| secret()).collect();
        let text = format!(
            "{BASE}LABEL api-token={}\nHEALTHCHECK CMD H_TOKEN={} true\nENTRYPOINT [\"app\", \"--e-password={}\"]\n\
             CMD [\"--c-password={}\"]\nONBUILD ENV O_TOKEN={}\n",
            v[0], v[1], v[2], v[3], v[4]
        );
        let batch = examine(&build(builder, &text, &[]));
        for place in ["label", "healthcheck", "entrypoint", "cmd", "onbuild"] {
            let found = exposed(&batch, "image.command", "where", place);
            assert!(!found.is_empty(), "{builder:?} {place}: {}", shown(&batch));
        }
        assert_eq!(exposed(&batch, "image.command", "where", "label").len(), 1, "history and config say the same");
        assert!(v.iter().all(|value| !shown(&batch).contains(value)));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn experiment_4_export_and_import_drop_env_and_history() {
    let value = secret();
    let image = build(Builder::Classic, &format!("{BASE}ENV JWT_SECRET_KEY={value}\nCMD [\"x\"]\n"), &[]);
    let container = Container::new("create", &[&image]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("flat.tar");
    docker(&["export", "-o", file.to_str().unwrap(), &container.0]);
    let flat = format!("leakproof.test/{}:1", unique("flat"));
    docker(&["import", file.to_str().unwrap(), &flat]);
    let batch = examine(&flat);
    assert!(of(&batch, "image.env", "JWT_SECRET_KEY").is_empty());
    assert!(causes(&batch, "image.env").contains(&Cause::Empty), "{}", shown(&batch));
    assert!(causes(&batch, "image.command").contains(&Cause::Empty));
    assert_eq!(identity(&batch, "image.env", "builder").as_deref(), Some("imported"));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn experiment_4_a_commit_shows_the_command_that_ran() {
    let value = secret();
    let command = format!("APP_SECRET={value}; true");
    let container = Container::new("run", &[busybox(), "/bin/busybox", "sh", "-c", &command]);
    docker(&["wait", &container.0]);
    let tag = format!("leakproof.test/{}:1", unique("commit"));
    docker(&["commit", &container.0, &tag]);
    let batch = examine(&tag);
    assert!(!exposed(&batch, "image.command", "where", "run").is_empty(), "{}", shown(&batch));
    assert!(!shown(&batch).contains(&value));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn experiment_4_the_container_config_of_an_old_engine_keeps_what_a_commit_unset() {
    let value = secret();
    let container = Container::new("create", &["-e", &format!("JWT_SECRET_KEY={value}"), busybox()]);
    let tag = format!("leakproof.test/{}:1", unique("commit"));
    docker(&["commit", "-c", "ENV JWT_SECRET_KEY=", &container.0, &tag]);
    let batch = examine(&tag);
    let found = of(&batch, "image.env", "JWT_SECRET_KEY");
    let classes: Vec<_> = found.iter().filter_map(|one| one.word("class")).collect();
    assert!(classes.contains(&"empty"), "the image's own: {}", shown(&batch));
    // The member went with API 1.45: newer engines neither show it nor keep it apart.
    let kept = docker(&["image", "inspect", &tag]).contains(&value);
    assert_eq!(classes.contains(&"plaintext"), kept, "{}", shown(&batch));
    assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value), "{}", shown(&batch));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn inherited_env_is_the_same_leak_and_is_told_apart() {
    let (base, own) = (secret(), secret());
    let parent = build(Builder::Classic, &format!("{BASE}ENV BASE_SECRET={base}\n"), &[]);
    let text = format!("FROM {parent}\nENV OWN_SECRET={own}\nCOPY .env /data\n");
    let batch = examine(&build(Builder::Classic, &text, &[]));
    let facts = |name: &str| {
        let one = variable(&batch, name, "history-env").unwrap();
        (one.word("origin").map(str::to_owned), one.word("class").map(str::to_owned))
    };
    assert_eq!(facts("BASE_SECRET"), (Some("inherited".into()), Some("plaintext".into())), "{}", shown(&batch));
    assert_eq!(facts("OWN_SECRET"), (Some("own".into()), Some("plaintext".into())));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn an_earlier_stage_s_env_is_not_in_the_shipped_image() {
    for builder in BOTH {
        let text = format!(
            "FROM scratch AS build\nCOPY busybox /bin/busybox\nENV STAGE_SECRET={}\nFROM scratch\nCOPY --from=build /bin/busybox /b\n",
            secret()
        );
        let batch = examine(&build(builder, &text, &[]));
        assert!(of(&batch, "image.env", "STAGE_SECRET").is_empty());
        assert_eq!(count(&batch, "image.env", "history-entries"), 1, "{builder:?} {}", shown(&batch));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_is_no_leak_is_not_called_one_by_either_builder() {
    for builder in BOTH {
        let text =
            format!("{BASE}ARG TOKEN\nENV JWT_SECRET_KEY=\nENV PATH=/bin\nRUN echo > /x\nCMD [\"/bin/busybox\"]\n");
        let batch = examine(&build(builder, &text, &[]));
        let exposed = batch.evidence.iter().filter(|one| one.word("class") == Some("plaintext")).count();
        assert_eq!((exposed, batch.gaps.len()), (0, 0), "{builder:?} {}", shown(&batch));
        assert_eq!(of(&batch, "image.env", "JWT_SECRET_KEY")[0].word("class"), Some("empty"));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn the_digest_that_was_examined_is_named_and_a_tag_that_moved_shows() {
    let first = build(Builder::Classic, &format!("{BASE}LABEL n=1\n"), &[]);
    let second = build(Builder::Classic, &format!("{BASE}LABEL n=2\n"), &[]);
    let id = |image: &str| docker(&["inspect", "-f", "{{.Id}}", image]);
    assert_eq!(identity(&examine(&first), "image.env", "image_id"), Some(id(&first)));
    docker(&["tag", &second, &first]);
    assert_eq!(identity(&examine(&first), "image.env", "image_id"), Some(id(&second)));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn an_image_that_is_not_there_is_not_found() {
    let batch = examine("leakproof.test/no-such-image:1");
    assert_eq!(causes(&batch, "image.env"), [Cause::NotFound]);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_saved_archive_says_what_the_engine_says() {
    for builder in BOTH {
        let text = format!("{BASE}ENV JWT_SECRET_KEY={}\nRUN RUN_SECRET={}; true\n", secret(), secret());
        let image = build(builder, &text, &[]);
        let dir = tempfile::tempdir().unwrap();
        let saved = docker_with(&[], &["save", "-o", dir.path().join("image.tar").to_str().unwrap(), &image]);
        assert!(saved.status.success());
        let archive = config(&host(), "images: [ \"docker-archive:image.tar\" ]");
        let (file, live) = (collect(&archive, dir.path(), &IMAGE), examine(&image));
        let found = |batch: &Batch| {
            let is = |one: &&leakproof::evidence::Evidence| one.word("class") == Some("plaintext");
            let mut all: Vec<String> = batch
                .evidence
                .iter()
                .filter(is)
                .map(|one| format!("{:?} {:?} {:?}", one.kind, one.word("where"), one.subject.place.layer))
                .collect();
            all.sort();
            all
        };
        assert_eq!(found(&file), found(&live), "{builder:?}");
        assert!(found(&live).len() >= 2, "{}", shown(&live));
        assert!(file.gaps.is_empty() && live.gaps.is_empty(), "{}{}", shown(&file), shown(&live));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn only_the_platform_that_is_asked_for_is_examined() {
    let image = build(Builder::Classic, &format!("{BASE}ENV JWT_SECRET_KEY={}\n", secret()), &[]);
    let own = docker(&["image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", &image]);
    let asking = |platform: &str| {
        let rest = format!("images: [ \"{image}\" ]\nplatforms: [ {platform} ]");
        collect(&config(&host(), &rest), Path::new(""), &IMAGE)
    };
    let batch = asking(&own);
    assert!(variable(&batch, "JWT_SECRET_KEY", "history-env").is_some() && batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(identity(&batch, "image.env", "platforms asked for"), Some(own.clone()));
    let batch = asking("linux/s390x");
    assert!(batch.evidence.is_empty(), "{}", shown(&batch));
    assert_eq!(causes(&batch, "image.env"), [Cause::NotFound]);
    assert_eq!(identity(&batch, "image.env", "platforms not asked for"), Some(own));
}
