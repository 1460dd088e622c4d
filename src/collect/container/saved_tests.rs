use super::*;
use crate::config::ContainerSelector;

fn one(text: &str) -> Container {
    parse(text).ok().unwrap().containers.pop().unwrap().ok().unwrap()
}

#[test]
fn a_single_object_and_a_list_are_both_read() {
    let object = r#"{"Name":"/api","State":{"Running":true},"Config":{"Env":["A=1"]}}"#;
    assert_eq!(one(object).name.as_str(), "api");
    assert!(one(&format!("[{object}]")).running);
}

#[test]
fn null_members_are_empty() {
    let text = r#"{"Name":"/a","State":{},"Args":null,"Mounts":null,"ExecIDs":null,"HostConfig":{"Binds":null,
        "LogConfig":{"Config":null}},"Config":{"Env":null,"Cmd":null,"Labels":null,"Healthcheck":null}}"#;
    assert!(one(text).config.env.is_empty());
}

#[test]
fn an_absent_config_is_not_an_empty_environment() {
    let saved = parse(r#"[{"Name":"/a","State":{}}]"#).ok().unwrap();
    assert!(matches!(&saved.containers[..], [Err(Some(name))] if name.as_str() == "a"));
}

#[test]
fn malformed_and_truncated_texts_name_the_line_only() {
    for (text, cause) in [("[\n{\"Config\":{\"Env\":[5]}}]", Cause::Malformed), ("[\n{\"Config\":", Cause::Truncated)] {
        let refusal = parse(text).err().unwrap();
        assert_eq!(refusal.cause, cause);
        assert!(format!("{refusal:?}").contains("\"2\""), "{refusal:?}");
    }
}

#[test]
fn a_member_given_twice_is_refused() {
    let text = r#"{"Name":"/a","State":{},"Config":{"Env":["A=1"]},"Config":{"Env":[]}}"#;
    assert_eq!(parse(text).err().unwrap().cause, Cause::Malformed);
}

#[test]
fn utf_16_with_a_byte_order_mark_is_read() {
    let text = r#"[{"Name":"/a","State":{},"Config":{}}]"#;
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(one(&crate::collect::saved::decoded(&wide).unwrap()).name.as_str(), "a");
}

#[test]
fn images_in_the_same_file_are_told_apart() {
    let id = format!("sha256:{}", "ab".repeat(32));
    let text = format!(
        r#"[{{"Name":"/a","State":{{}},"Image":"{id}","Config":{{}}}},
            {{"Id":"{id}","RootFS":{{"Layers":[]}},"Config":{{"Env":["A=1"]}}}},{{"Name":"bridge","Scope":"local"}}]"#
    );
    let found = parse(&text).ok().unwrap().select(&ContainerSelector::default());
    assert_eq!(found.containers.len(), 1);
    assert!(found.containers[0].1.is_some());
}
