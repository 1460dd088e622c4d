//! A declared document: YAML (or JSON, which is YAML) as a tree that remembers the line of every node.
//!
//! Read by configuration, rules and those collectors that look at manifests. Duplicate keys are refused,
//! aliases are bounded, nothing is repaired. A scalar's text stays wrapped unless the reader asks for a name.

use super::{Name, Problems, Sensitive, Withheld};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A line number from 1; 0 means the whole file.
pub type Line = u32;

/// Most nodes a document may have after aliases are followed.
const MOST_NODES: usize = 200_000;
/// Deepest nesting.
const DEEPEST: usize = 64;

/// A file with one tree per YAML document in it.
pub struct Document {
    /// The file as the user named it.
    pub file: String,
    /// The documents; an empty file has none.
    pub roots: Vec<Node>,
}

/// A node and its line.
#[derive(Clone)]
pub struct Node {
    /// The line it starts on.
    pub line: Line,
    /// What it holds.
    pub value: Value,
}

/// What a node holds. No `Debug`: a scalar may be a secret.
#[derive(Clone)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Zeroizing<String>),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in file order: key, the key's line, value.
    Map(Vec<(String, Line, Node)>),
}

impl Document {
    /// Parses a text.
    ///
    /// # Errors
    /// Syntax errors, duplicate keys, excessive nesting or size: each with its line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let mut reader = Reader::new(file);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => reader.take(event, line(span.start.line())),
                Err(error) => {
                    let at = line(error.marker().line());
                    reader.problems.add(file, at, format!("does not parse as YAML: {}", syntax(error.info())));
                    break;
                }
            }
            if reader.full {
                break;
            }
        }
        let Reader { roots, problems, .. } = reader;
        problems.or(Self { file: file.to_owned(), roots })
    }

    /// The first document's root.
    #[must_use]
    pub fn root(&self) -> Option<&Node> {
        self.roots.first()
    }
}

/// The scanner's messages are its own words, but some quote the input: keep the words only.
fn syntax(info: &str) -> String {
    let end = info.find(['\'', '"', '`']).unwrap_or(info.len());
    info[..end].trim_end_matches([' ', ':']).to_owned()
}

fn line(n: usize) -> Line {
    Line::try_from(n).unwrap_or(Line::MAX)
}

enum Frame {
    List(Line, usize, Vec<Node>),
    Map(Line, usize, Vec<(String, Line, Node)>, Option<(String, Line)>),
}

struct Reader<'a> {
    file: &'a str,
    stack: Vec<Frame>,
    roots: Vec<Node>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    full: bool,
    problems: Problems,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            stack: Vec::new(),
            roots: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            full: false,
            problems: Problems::default(),
        }
    }

    fn take(&mut self, event: Event<'_>, at: Line) {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = Node { line: at, value: scalar(&text, style) };
                self.place(node, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open(Frame::List(at, anchor, Vec::new()), at),
            Event::MappingStart(anchor, _) => self.open(Frame::Map(at, anchor, Vec::new(), None), at),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = node.clone();
                    self.nodes += node.size();
                    self.place(node, 0);
                }
                None => self.problems.add(self.file, at, "an alias without an anchor before it"),
            },
            _ => {}
        }
    }

    fn open(&mut self, frame: Frame, at: Line) {
        if self.stack.len() >= DEEPEST {
            self.problems.add(self.file, at, format!("nested deeper than {DEEPEST} levels"));
            self.full = true;
        }
        self.stack.push(frame);
    }

    fn close(&mut self) {
        match self.stack.pop() {
            Some(Frame::List(at, anchor, items)) => {
                self.place(Node { line: at, value: Value::List(items) }, anchor);
            }
            Some(Frame::Map(at, anchor, entries, _)) => {
                self.place(Node { line: at, value: Value::Map(entries) }, anchor);
            }
            None => {}
        }
    }

    fn place(&mut self, node: Node, anchor: usize) {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            self.problems.add(self.file, node.line, format!("more than {MOST_NODES} nodes"));
            self.full = true;
            return;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            None => self.roots.push(node),
            Some(Frame::List(_, _, items)) => items.push(node),
            Some(Frame::Map(_, _, entries, key @ None)) => {
                let Some(text) = node.key_text() else {
                    self.problems.add(self.file, node.line, "a key must be a plain scalar");
                    return;
                };
                if entries.iter().any(|(known, _, _)| *known == text) {
                    // A value where a key belongs has digits more often than a key has.
                    let digits = text.contains(|c: char| c.is_ascii_digit()) || text.len() > 40;
                    let withheld = || Name::withheld("key", entries.len());
                    let shown = if digits { withheld() } else { Name::admit_or(&text, "key", entries.len()) };
                    self.problems.add(self.file, node.line, format!("key `{shown}` is given twice"));
                }
                *key = Some((text, node.line));
            }
            Some(Frame::Map(_, _, entries, key)) => {
                if let Some((text, at)) = key.take() {
                    entries.push((text, at, node));
                }
            }
        }
    }
}

/// The YAML 1.2 core schema; quoted and block scalars are text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(Zeroizing::new(text.to_owned()));
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::Text(Zeroizing::new(text.to_owned()))),
    }
}

fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Value::Int);
    }
    let numeric = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    numeric.then(|| text.parse().ok().map(Value::Float)).flatten()
}

impl Node {
    fn key_text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.as_str().to_owned()),
            Value::Int(n) => Some(n.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            Value::Null => Some(String::new()),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Map(entries) => entries.iter().map(|(_, _, node)| node.size()).sum(),
            _ => 0,
        }
    }

    /// The value of a key; merge keys (`<<`) are followed, own keys win.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        if let Some((_, _, node)) = entries.iter().find(|(name, _, _)| name == key) {
            return Some(node);
        }
        let (_, _, merged) = entries.iter().find(|(name, _, _)| name == "<<")?;
        match &merged.value {
            Value::List(items) => items.iter().find_map(|item| item.get(key)),
            _ => merged.get(key),
        }
    }

    /// The entries of a mapping, or nothing.
    #[must_use]
    pub fn entries(&self) -> &[(String, Line, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence, or nothing.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar as wrapped text; `None` for sequences, mappings and null.
    #[must_use]
    pub fn sensitive(&self) -> Option<Sensitive> {
        match &self.value {
            Value::Text(text) => Some(Sensitive::new(text.as_bytes().to_vec())),
            Value::Bool(yes) => Some(Sensitive::from(yes.to_string())),
            Value::Int(n) => Some(Sensitive::from(n.to_string())),
            Value::Float(n) => Some(Sensitive::from(n.to_string())),
            _ => None,
        }
    }

    /// A scalar through the gate of names.
    #[must_use]
    pub fn name(&self) -> Option<Result<Name, Withheld>> {
        self.sensitive().map(Sensitive::into_name)
    }

    /// The tree as JSON, for schema checks and typed reading of what users write about their deployment.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(yes) => Json::Bool(*yes),
            Value::Int(n) => Json::from(*n),
            Value::Float(n) => Json::from(*n),
            Value::Text(text) => Json::String(text.as_str().to_owned()),
            Value::List(items) => Json::Array(items.iter().map(Self::json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, _, node)| (key.clone(), node.json())).collect())
            }
        }
    }

    /// The line of the deepest node that a JSON pointer still reaches.
    #[must_use]
    pub fn line_of(&self, pointer: &str) -> Line {
        let mut node = self;
        let mut at = self.line;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                Value::Map(entries) => {
                    entries.iter().find(|(key, _, _)| *key == step).map(|(_, line, child)| (*line, child))
                }
                Value::List(items) => {
                    step.parse::<usize>().ok().and_then(|i| items.get(i)).map(|child| (child.line, child))
                }
                _ => None,
            };
            let Some((line, child)) = next else { break };
            at = line;
            node = child;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_remember_their_lines() {
        let document = Document::parse("x.yaml", "a: 1\nb:\n  - c: two\n  - 'true'\n").unwrap();
        let root = document.root().unwrap();
        assert_eq!(root.line_of("/b/0/c"), 3);
        assert_eq!(root.line_of("/b/1"), 4);
        assert_eq!(root.json(), serde_json::json!({"a": 1, "b": [{"c": "two"}, "true"]}));
    }

    #[test]
    fn duplicate_keys_are_refused_with_their_line() {
        let problems = Document::parse("x.yaml", "a: 1\nb: 2\na: 3\n").err().unwrap();
        assert_eq!(problems.to_string(), "x.yaml:3: key `a` is given twice");
    }

    #[test]
    fn a_billion_laughs_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..9 {
            let refs = vec![format!("*a{}", i - 1); 10].join(", ");
            text.push_str(&format!("a{i}: &a{i} [{refs}]\n"));
        }
        assert!(Document::parse("x.yaml", &text).is_err());
    }

    #[test]
    fn merge_keys_are_followed_and_own_keys_win() {
        let document = Document::parse("x", "base: &b {k: 1, m: 2}\nuse:\n  <<: *b\n  k: 3\n").unwrap();
        let used = document.root().unwrap().get("use").unwrap();
        assert_eq!(used.get("k").unwrap().json(), serde_json::json!(3));
        assert_eq!(used.get("m").unwrap().json(), serde_json::json!(2));
    }
}
