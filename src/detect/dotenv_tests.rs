use super::*;

fn read(text: &str) -> Vec<(String, String, u32, bool)> {
    parse(text)
        .entries
        .into_iter()
        .map(|entry| (entry.name.to_owned(), entry.value.into_owned(), entry.line, entry.commented))
        .collect()
}

fn one(text: &str) -> (String, String) {
    let mut all = read(text);
    assert_eq!(all.len(), 1, "{text}");
    let (name, value, ..) = all.remove(0);
    (name, value)
}

fn is(text: &str, name: &str, value: &str) {
    assert_eq!(one(text), (name.to_owned(), value.to_owned()), "{text}");
}

#[test]
fn export_and_spaces_around_the_sign() {
    is("export K=v", "K", "v");
    is("  K  =  v  ", "K", "v");
    is("set K=v", "K", "v");
    is("- K=v", "K", "v");
}

#[test]
fn shells_that_set_without_a_sign() {
    is("export K hunter2", "K", "hunter2");
    is("set -gx K hunter2", "K", "hunter2");
    is("setenv K 'a b'", "K", "a b");
    assert!(read("export A B").is_empty() && read("set the key").is_empty());
}

#[test]
fn quotes_and_hash_inside_quotes() {
    is("K=\"a # b\"", "K", "a # b");
    is("K='a # b' # c", "K", "a # b");
    is("K=a#b", "K", "a#b");
    is("K=\"a\\\"b\"", "K", "a\"b");
    is("K=\"abc\"def", "K", "abcdef");
}

#[test]
fn inline_comments_after_unquoted_values() {
    is("K=v # the old value", "K", "v");
    let all = read("K=v # P=q");
    assert_eq!(all[1], ("P".into(), "q".into(), 1, true));
}

#[test]
fn multi_line_double_quoted_pem() {
    let pem = "-----BEGIN X-----\nAAAA\nBBBB==\n-----END X-----";
    let all = read(&format!("A=1\nK=\"{pem}\"\nB=2"));
    assert_eq!(all[1], ("K".into(), pem.into(), 2, false));
    assert_eq!(all[2], ("B".into(), "2".into(), 6, false));
    assert_eq!(read(&format!("K={pem}\nB=2"))[0].1, pem);
}

#[test]
fn an_unclosed_quote_does_not_swallow_the_file() {
    let all = read("A=\"abc\nB=\"def\"\nC='x\nD=y");
    assert_eq!(all.iter().map(|entry| entry.0.as_str()).collect::<Vec<_>>(), ["A", "B", "C", "D"]);
}

#[test]
fn backslash_continuations() {
    let all = read("K=abc\\\n  def\nB=2");
    assert_eq!(all[0].1, "abcdef");
    assert_eq!(all[1], ("B".into(), "2".into(), 3, false));
}

#[test]
fn yaml_style() {
    is("K: v", "K", "v");
    is("\"K\": \"v\"", "K", "v");
}

#[test]
fn commented_out_secrets() {
    assert_eq!(read("# JWT_SECRET_KEY=abc")[0], ("JWT_SECRET_KEY".into(), "abc".into(), 1, true));
    assert_eq!(read("#export P='a b'")[0].1, "a b");
    assert!(read("# Password: ask the team lead").is_empty());
}

#[test]
fn duplicate_keys_and_conflict_markers() {
    let all = read("<<<<<<< HEAD\nK=a\n=======\nK=b\n>>>>>>> other");
    assert_eq!(all.iter().map(|entry| entry.1.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_value_keeps_every_further_sign() {
    is("A=b=c", "A", "b=c");
    is("=v", "", "v");
    is("A=", "A", "");
}

#[test]
fn files_without_a_telling_name_are_known_by_shape() {
    assert!(shape("JWT_SECRET_KEY=abc\n"));
    assert!(shape("# c\nA=1\nexport B=2\n"));
    assert!(!shape("fn main() {\n    let x = 1;\n}\n"));
    assert!(!shape("some words\n"));
}

#[test]
fn a_note_in_the_place_of_a_value_is_none() {
    for note in ["https://dashboard.example.com/apikeys", "openssl rand -base64 32", "32 chars", "e.g. pg_password"] {
        for lead in [" # ", "\t# ", " #"] {
            let text = format!("API_SECRET={lead}{note}\nB=1\n");
            let parsed = parse(&text);
            assert_eq!((parsed.entries[0].name, &*parsed.entries[0].value), ("API_SECRET", ""), "{text}");
        }
    }
    assert_eq!(&*parse("A= #hunter2zebra\n").entries[0].value, "#hunter2zebra");
    assert_eq!(&*parse("A=#hunter2 zebra\n").entries[0].value, "#hunter2 zebra");
}
