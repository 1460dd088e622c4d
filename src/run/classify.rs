//! `leakproof classify`: values in on standard input, verdicts out, never the value.
//!
//! JSON lines `{id, context, name, value}` (other keys are ignored) or dotenv text.

use super::{RunError, print};
use crate::cli::Classify;
use crate::detect::{Context, Detector};
use crate::evidence::{Class, Judgement, Key, Name, SecretRegistry, Sensitive};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// One record; the value is wrapped by its very type.
#[derive(Deserialize)]
struct Record {
    id: Option<serde_json::Value>,
    context: Option<String>,
    name: Option<Sensitive>,
    value: Sensitive,
}

#[derive(Serialize)]
struct Answer {
    id: Name,
    verdict: &'static str,
    class: &'static str,
    kind: &'static str,
    confidence: &'static str,
    #[serde(flatten)]
    why: Option<Why>,
}

/// What `--explain` adds.
#[derive(Serialize)]
struct Why {
    step: &'static str,
    alphabet: &'static str,
    length: &'static str,
}

pub(super) fn run(flags: &Classify) -> Result<u8, RunError> {
    let context = context(flags.context.as_deref().unwrap_or("env"))?;
    let mut input = zeroize::Zeroizing::new(Vec::new());
    std::io::stdin()
        .lock()
        .read_to_end(&mut input)
        .map_err(|error| RunError::file("cannot read", Path::new("standard input"), &error))?;
    let key = Key::random().ok_or(RunError::Start(std::io::ErrorKind::Other))?;
    let detector = Detector::new(Vec::new(), Vec::new(), key, Arc::new(SecretRegistry::default()));
    let answers = match input.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => records(&input, &detector, context, flags.explain)?,
        Some(b'[') => {
            let help = "give one JSON object a line, for example by `jq -c '.[]'`";
            return Err(RunError::usage("standard input is a JSON array", help));
        }
        _ => dotenv(&input, &detector, flags.explain),
    };
    let mut out = String::new();
    for answer in answers {
        out.push_str(&serde_json::to_string(&answer).unwrap_or_default());
        out.push('\n');
    }
    print(out.as_bytes())
}

fn records(input: &[u8], detector: &Detector, context: Context, explain: bool) -> Result<Vec<Answer>, RunError> {
    let mut answers = Vec::new();
    for (number, line) in (1_usize..).zip(input.split(|b| *b == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        // The parser's own message may quote the input, so only the line is named.
        let record: Record = serde_json::from_slice(line).map_err(|_| {
            RunError::usage(
                format!("standard input:{number}: not a record"),
                "a record is one line of JSON with name and value, and optionally id and context",
            )
        })?;
        let context = match record.context.as_deref().map(self::context) {
            None => context,
            Some(Ok(context)) => context,
            Some(Err(error)) => {
                let help = error.help().unwrap_or_default().to_owned();
                return Err(RunError::usage(format!("standard input:{number}: {error}"), help));
            }
        };
        let name = record.name.unwrap_or_else(|| Sensitive::new(Vec::new()));
        let judgement = detector.judge(&name, &record.value, context);
        let id = match record.id {
            Some(serde_json::Value::String(id)) => Name::admit_or(&id, "id", number),
            Some(other @ serde_json::Value::Number(_)) => Name::admit_or(&other.to_string(), "id", number),
            _ => Name::number(number as u64),
        };
        answers.push(answer(id, &judgement, explain));
    }
    Ok(answers)
}

fn dotenv(input: &[u8], detector: &Detector, explain: bool) -> Vec<Answer> {
    let scan = detector.env_file(&Sensitive::new(input.to_vec()));
    scan.spotted
        .iter()
        .map(|spotted| {
            let id = spotted.variable.clone().unwrap_or_else(|| Name::number(u64::from(spotted.line)));
            answer(id, &spotted.judgement, explain)
        })
        .collect()
}

fn answer(id: Name, judgement: &Judgement, explain: bool) -> Answer {
    Answer {
        id,
        verdict: verdict(judgement.class),
        class: judgement.class.word(),
        kind: judgement.kind,
        confidence: judgement.confidence.word(),
        why: explain.then(|| Why {
            step: judgement.step.word(),
            alphabet: judgement.alphabet.word(),
            length: judgement.length,
        }),
    }
}

/// The five words of the contract.
fn verdict(class: Class) -> &'static str {
    match class {
        Class::Plaintext => "secret",
        Class::Reference | Class::FileReference => "reference",
        Class::Placeholder | Class::TemplateFailure => "placeholder",
        Class::Open | Class::Undetermined => "open",
        Class::Empty | Class::NotSecret | Class::NonSecretUrl | Class::Encrypted => "not_secret",
    }
}

fn context(word: &str) -> Result<Context, RunError> {
    let contexts = [
        ("env", Context::Env),
        ("dotenv", Context::Dotenv),
        ("compose", Context::Compose),
        ("dockerfile_env", Context::DockerfileEnv),
        ("history", Context::History),
        ("ecs", Context::Ecs),
        ("k8s", Context::K8s),
    ];
    contexts.iter().find(|(known, _)| *known == word).map(|(_, context)| *context).ok_or_else(|| {
        let words: Vec<&str> = contexts.iter().map(|(word, _)| *word).collect();
        RunError::usage("unknown context", format!("contexts are {}", words.join(", ")))
    })
}
