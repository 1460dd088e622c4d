//! The Dockerfile collector: what a build would take from the working tree and write into an image.
//!
//! In: the declared repositories' working trees. Out: one piece of evidence per problem, or one that says a
//! file has none. It must not know: rules, images, git's history. Nothing is built.
//!
//! The build context is not written in a Dockerfile. It is the one that compose files declare; without one it is
//! taken to be the Dockerfile's own directory or, if that holds no ignore file and the repository's root does, the
//! root.

mod compose;
mod context;
mod copy;
mod find;
mod ignore;
mod judge;
mod problem;
mod stages;
mod tree;

use super::{Collector, Job, instructions, runtime};
use crate::config::{Config, Repository};
use crate::evidence::{
    ALPHABET, Batch, Cause, Class, Coverage, Evidence, Fact, Field, FieldType, Gap, Inapplicable, Judgement, Kind,
    Line, Name, Place, SECRET, STEP, Subject, Target,
};
use futures_util::future::{BoxFuture, FutureExt};
use problem::Problem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

static DOCKERFILE: Kind = Kind {
    name: "source.dockerfile",
    meaning: "what a Dockerfile would write into an image, or let into it",
    declared_by: "repositories",
    live: false,
    unit: "files",
    fields: &[
        Field { name: "problem", holds: FieldType::Word(Problem::WORDS), meaning: "what is wrong, if anything" },
        Field {
            name: "instruction",
            holds: FieldType::Name,
            meaning: "the instruction: ENV, ARG, RUN, COPY …, or comment",
        },
        Field { name: "final_stage", holds: FieldType::Bool, meaning: "whether it is in the stage that is shipped" },
        Field { name: "class", holds: FieldType::Word(&Class::WORDS), meaning: "the class of the value" },
        Field { name: "value_kind", holds: FieldType::Name, meaning: "what sort of value it is" },
        STEP,
        ALPHABET,
        SECRET,
        Field { name: "length", holds: FieldType::Name, meaning: "length bucket of the value" },
        Field { name: "known", holds: FieldType::Bool, meaning: "whether the value was given as known" },
        Field { name: "correlator", holds: FieldType::Fingerprint, meaning: "keyed correlator of the value" },
    ],
};

/// Dockerfiles of repositories.
pub(super) struct Dockerfiles;

impl Collector for Dockerfiles {
    fn kinds(&self) -> &'static [&'static Kind] {
        const KINDS: &[&Kind] = &[&DOCKERFILE];
        KINDS
    }

    fn targets(&self, _: &'static Kind, config: &Config) -> Vec<Target> {
        config.repositories.iter().map(|repository| target(&repository.path)).collect()
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        async move {
            let theirs = Arc::clone(&job);
            let done = runtime::offload(move || {
                let mut all = Batch::default();
                let task = theirs.progress.begin("Dockerfiles", Some(theirs.config.repositories.len() as u64));
                for path in theirs.config.repositories.iter().map(|repository| &repository.path) {
                    all.absorb(examine(path, &theirs));
                    task.advance(1);
                }
                all
            });
            done.await.unwrap_or_else(|| crashed(&job.config))
        }
        .boxed()
    }
}

fn target(repository: &Path) -> Target {
    let text = repository.to_string_lossy();
    Target::new("git", Name::admit_or(if text.is_empty() { "." } else { &text }, "path", 1))
}

fn crashed(config: &Config) -> Batch {
    let gap = |one: &Repository| Gap::new(&DOCKERFILE, Subject::whole(&target(&one.path)), Cause::Crashed);
    Batch { gaps: config.repositories.iter().map(gap).collect(), ..Batch::default() }
}

/// What is known of one Dockerfile.
struct Source<'a> {
    job: &'a Job,
    target: &'a Target,
    /// The working tree.
    tree: &'a Path,
    /// The file's path inside it.
    path: &'a Path,
    /// The text and its first line, where it stands in a compose file.
    inline: Option<&'a (Line, Zeroizing<String>)>,
    /// The contexts that are declared for it.
    contexts: &'a [Result<PathBuf, Cause>],
}

fn examine(repository: &Path, job: &Job) -> Batch {
    let target = target(repository);
    let named = if repository.as_os_str().is_empty() { Path::new(".") } else { repository };
    let mut batch = Batch::default();
    let mut coverage = Coverage::new(&DOCKERFILE, &target);
    let reason = match tree::of(named) {
        Ok(Some(tree)) => examine_tree(job, &tree, &target, &mut batch, &mut coverage),
        Ok(None) => "a bare repository has no working tree",
        Err(cause) => {
            batch.gaps.push(Gap::new(&DOCKERFILE, Subject::whole(&target), cause));
            coverage.miss(target.name.clone(), cause);
            ""
        }
    };
    if coverage.count(DOCKERFILE.unit) == 0 && coverage.is_complete() {
        let reason = Name::fixed(reason);
        batch.inapplicable.push(Inapplicable { kind: Name::fixed(DOCKERFILE.name), target, reason });
    }
    batch.coverage.push(coverage);
    batch
}

/// Everything in a working tree. Gives the reason why nothing applies, should there be nothing.
fn examine_tree(job: &Job, tree: &Path, target: &Target, batch: &mut Batch, coverage: &mut Coverage) -> &'static str {
    let found = find::dockerfiles(tree, job.config.limits.file_bytes);
    if found.skipped > 0 {
        coverage.add("skipped-directories", found.skipped);
    }
    for (path, cause) in &found.unread {
        hole(batch, coverage, target, path, *cause);
    }
    for one in &found.files {
        if job.stop.asked() {
            hole(batch, coverage, target, &one.path, Cause::Interrupted);
            break;
        }
        let (inline, contexts) = (one.inline.as_ref(), one.contexts.as_slice());
        match file(&Source { job, target, tree, path: &one.path, inline, contexts }, one.is_certain()) {
            Ok(None) => {}
            Ok(Some(of_file)) => {
                coverage.add(DOCKERFILE.unit, 1);
                batch.absorb(of_file);
            }
            Err(cause) => hole(batch, coverage, target, &one.path, cause),
        }
    }
    if found.skipped > 0 {
        "no Dockerfile in the working tree outside node_modules and target"
    } else {
        "no Dockerfile in the working tree"
    }
}

fn hole(batch: &mut Batch, coverage: &mut Coverage, target: &Target, path: &Path, cause: Cause) {
    let shown = Name::admit_or(&path.to_string_lossy(), "path", 1);
    let place = Place { path: Some(shown.clone()), ..Place::default() };
    batch.gaps.push(Gap::new(&DOCKERFILE, Subject::at(target, place), cause));
    coverage.miss(shown, cause);
}

/// One file; `None` if it only bears the name of a Dockerfile.
fn file(source: &Source<'_>, certain: bool) -> Result<Option<Batch>, Cause> {
    let (before, (instructions, comments)) = if let Some((line, text)) = source.inline {
        (line.saturating_sub(1), instructions::with_comments(text))
    } else {
        let bytes = find::read(&source.tree.join(source.path), source.job.config.limits.file_bytes)?;
        (0, instructions::with_comments(&String::from_utf8_lossy(&bytes)))
    };
    if !instructions.iter().any(|instruction| instruction.word == "FROM") {
        return if certain { Err(Cause::Malformed) } else { Ok(None) };
    }
    let mut batch = Batch::default();
    let finds = judge::judge(source, &instructions, &comments);
    if finds.iter().all(|find| find.problem.is_err()) {
        batch.evidence.push(evidence(source, Place::default(), [("problem", Fact::word("none"))]));
    }
    for find in finds {
        let place = Place { line: Some(find.line.saturating_add(before)), variable: find.about, ..Place::default() };
        let problem = match find.problem {
            Ok(problem) => problem,
            Err(cause) => {
                let gap = Gap::new(&DOCKERFILE, at(source, place), cause);
                batch.gaps.push(gap.with("instruction", Name::fixed(find.instruction)));
                continue;
            }
        };
        let mut facts = vec![
            ("problem", Fact::word(problem.word())),
            ("instruction", Fact::word(find.instruction)),
            ("final_stage", Fact::Bool(find.final_stage)),
        ];
        facts.extend(find.judgement.iter().flat_map(Judgement::facts));
        batch.evidence.push(evidence(source, place, facts));
    }
    Ok(Some(batch))
}

fn evidence(source: &Source<'_>, place: Place, facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Evidence {
    Evidence::new(&DOCKERFILE, at(source, place), facts, source.job.now)
}

fn at(source: &Source<'_>, place: Place) -> Subject {
    let path = Name::admit_or(&source.path.to_string_lossy(), "path", 1);
    Subject::at(source.target, Place { path: Some(path), ..place })
}
