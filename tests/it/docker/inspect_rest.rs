//! A saved inspect file: what no list of members names, and what the file does not show.

use super::inspect_file::read;
use super::rig::{causes, count, exposed, secret, shown};
use crate::scene::hex;
use leakproof::evidence::Cause;

/// A container with more members, and a member more in its `HostConfig`.
fn with(more: &str) -> String {
    format!(r#"{{"Name":"/api","State":{{}},"Config":{{}},{more}}}"#)
}

#[test]
fn every_text_of_the_file_is_read_whatever_its_member_is_called() {
    let value = secret();
    let text = format!("--password={value}");
    for more in [
        format!(r#""HostConfig":{{"Tmpfs":{{"/run":"{text}"}}}}"#),
        format!(r#""HostConfig":{{"Links":["{text}"]}}"#),
        format!(r#""HostConfig":{{"Dns":["{text}"]}}"#),
        format!(r#""HostConfig":{{"DnsOptions":["{text}"],"DnsSearch":null}}"#),
        format!(r#""HostConfig":{{"GroupAdd":["{text}"]}}"#),
        format!(r#""HostConfig":{{"CgroupParent":"{text}"}}"#),
        format!(r#""HostConfig":{{"Runtime":"{text}"}}"#),
        format!(r#""HostConfig":{{"DeviceRequests":[{{"Driver":"x","Options":{{"password":"{value}"}}}}]}}"#),
        format!(
            r#""HostConfig":{{"Mounts":[{{"Type":"volume","VolumeOptions":{{"Labels":{{"password":"{value}"}}}}}}]}}"#
        ),
        format!(r#""HostConfig":{{"LogConfig":{{"Type":"{text}"}}}}"#),
        format!(r#""HostConfig":{{"ContainerIDFile":"{text}"}}"#),
        format!(r#""NetworkSettings":{{"Networks":{{"net":{{"DriverOpts":{{"password":"{value}"}}}}}}}}"#),
        format!(r#""NetworkSettings":{{"Networks":{{"net":{{"Aliases":["api","{text}"]}}}}}}"#),
        format!(r#""NetworkSettings":{{"Networks":{{"{text}":{{}}}}}}"#),
        format!(r#""GraphDriver":{{"Name":"x","Data":{{"password":"{value}"}}}}"#),
        format!(r#""Mounts":[{{"Type":"volume","Source":"{text}"}}]"#),
        format!(r#""Id":"{text}""#),
        format!(r#""Unheard":{{"Of":[{{"deep":["a",{{"password":"{value}"}}]}}]}}"#),
        format!(r#""Unheard":["--password","{value}"]"#),
        format!(r#""Ports":{{"{text}":null}}"#),
    ] {
        let batch = read(&with(&more), "", "");
        let more = more.replace(&value, "VALUE");
        let found = exposed(&batch, "container.metadata", "where", "other");
        assert_eq!(found.len(), 1, "{more}: {}", shown(&batch).replace(&value, "VALUE"));
        assert!(!shown(&batch).contains(&value), "{more}");
    }
    let image = format!(r#"{{"Name":"/api","State":{{}},"Config":{{"Image":"api --password={value}"}}}}"#);
    assert_eq!(exposed(&read(&image, "", ""), "container.metadata", "where", "other").len(), 1);
    let name = format!(r#"{{"Name":"/api --password={value}","State":{{}},"Config":{{}}}}"#);
    assert_eq!(exposed(&read(&name, "", ""), "container.metadata", "where", "other").len(), 1);
}

#[test]
fn a_random_value_at_a_neutral_place_is_a_gap() {
    for more in [r#""HostConfig":{"CgroupParent":"K"}"#, r#""HostConfig":{"Dns":["K"]}"#, r#""Unheard":"K""#] {
        let batch = read(&with(&more.replace('K', &hex(64))), "", "");
        assert_eq!(causes(&batch, "container.metadata"), [Cause::NeedsReview], "{more}: {}", shown(&batch));
    }
}

#[test]
fn an_image_s_other_texts_are_read_too() {
    let value = secret();
    let image =
        |more: &str| format!(r#"[{},{{"Id":"sha256:{}","RootFS":{{}},{more}}}]"#, with(r#""Path":"/app""#), hex(64));
    for more in [
        format!(r#""Config":{{"Labels":{{"password":"{value}"}}}}"#),
        format!(r#""Config":{{"Cmd":["app","--password","{value}"]}}"#),
        format!(r#""Config":{{}},"ContainerConfig":{{"Env":["JWT_SECRET_KEY={value}"]}}"#),
        format!(r#""Config":{{}},"Comment":"--password={value}""#),
    ] {
        let batch = read(&image(&more), "", "");
        let found = exposed(&batch, "container.metadata", "where", "other");
        assert_eq!(found.len(), 1, "{}", shown(&batch).replace(&value, "VALUE"));
        assert_eq!(count(&batch, "container.metadata", "containers"), 1, "an image is no container");
    }
}

#[test]
fn members_in_other_letters_are_a_gap() {
    for more in [
        r#""HostConfig":{"binds":["/srv/.env:/app/.env"]}"#,
        r#""Mounts":[{"Type":"bind","source":"/srv/.env"}]"#,
        r#""mounts":[{"Type":"bind","Source":"/srv/.env"}]"#,
        r#""HostConfig":{"LogConfig":{"config":{"a":"b"}}}"#,
        r#""execids":["x"]"#,
    ] {
        let batch = read(&with(more), "", "");
        assert!(causes(&batch, "container.metadata").contains(&Cause::Malformed), "{more}: {}", shown(&batch));
    }
}

#[test]
fn a_mount_that_does_not_say_what_it_is_may_be_of_the_host() {
    for mount in [
        r#"{"Source":"/srv/.env"}"#,
        r#"{"Type":null,"Source":"/srv/.env"}"#,
        r#"{"Type":"Bind","Source":"/srv/.env"}"#,
        r#"{"Type":"","Source":"/srv/prod","Destination":"/app/.env"}"#,
    ] {
        for more in [format!(r#""Mounts":[{mount}]"#), format!(r#""HostConfig":{{"Mounts":[{mount}]}}"#)] {
            let batch = read(&with(&more), "", "");
            assert_eq!(exposed(&batch, "container.metadata", "where", "mount").len(), 1, "{more}: {}", shown(&batch));
        }
    }
}

#[test]
fn a_variable_that_is_unset_without_its_image_is_a_gap() {
    let digest = format!("sha256:{}", hex(64));
    let container =
        format!(r#"{{"Name":"/api","State":{{}},"Image":"{digest}","Config":{{"Env":["JWT_SECRET_KEY","A=1"]}}}}"#);
    let batch = read(&container, "", "");
    assert_eq!(causes(&batch, "container.env"), [Cause::ContentElsewhere], "{}", shown(&batch));
    let image = format!(r#"{{"Id":"{digest}","RootFS":{{}},"Config":{{"Env":["PATH=/bin"]}}}}"#);
    assert!(read(&format!("[{container},{image}]"), "", "").gaps.is_empty());
    let other = format!(r#"{{"Id":"sha256:{}","RootFS":{{}},"Config":{{"Env":["PATH=/bin"]}}}}"#, hex(64));
    assert_eq!(causes(&read(&format!("[{container},{other}]"), "", ""), "container.env"), [Cause::ContentElsewhere]);
}

#[test]
fn an_ordinary_inspect_file_is_clean() {
    let batch = read(&ordinary(), "", "");
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    let other = batch.evidence.iter().filter(|one| one.kind.as_str() == "container.metadata").count();
    assert_eq!(other, 0, "{}", shown(&batch));
}

/// What an engine prints of a container with a volume, two networks and a health check, and of its image.
fn ordinary() -> String {
    let text = include_str!("ordinary_inspect.json");
    let mut out = String::new();
    for (i, part) in text.split("@HEX@").enumerate() {
        if i > 0 {
            out.push_str(&hex(64));
        }
        out.push_str(part);
    }
    out.replace("@SHORT@", &hex(12))
}
