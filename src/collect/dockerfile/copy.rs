//! COPY and ADD: what they take from the build context, and what they write out.
//!
//! In: an instruction, and the contexts it may be built in. Out: finds. It reads no file.

use super::context::{holds_credentials, is_env};
use super::ignore::Ignore;
use super::judge::{At, Judge, shown};
use super::problem::Problem;

use crate::collect::instructions::words;
use crate::evidence::{Cause, Name, Sensitive};

impl Judge<'_> {
    pub(super) fn copy(&mut self, at: &At<'_>) {
        let instruction = at.instruction;
        let (flags, words) = words::arguments(&instruction.text, instruction.escape);
        let Some((target, sources)) = words.split_last() else { return };
        for body in &instruction.heredocs {
            self.written(at, target, body);
        }
        self.command(at, &instruction.text);
        let flag = |name: &str| flags.iter().filter_map(|flag| flag.strip_prefix(name)).collect::<Vec<_>>();
        let exclude = Ignore::parse(&flag("--exclude=").join("\n"));
        let elsewhere = !flag("--from=").is_empty();
        for source in sources.iter().filter(|source| !source.starts_with("<<") && !source.contains("://")) {
            let (expanded, open) = self.variables.expand(source);
            if elsewhere {
                let name = expanded.rsplit('/').next().unwrap_or(&expanded);
                if is_env(name) || holds_credentials(name) {
                    self.add(at, shown(source, at), Ok(Problem::EnvFileCopied), None);
                }
            } else {
                self.taken(at, source, (&expanded, open), &exclude);
            }
        }
    }

    /// A heredoc that becomes a file: an env file by its name, or text that may hold a value.
    fn written(&mut self, at: &At<'_>, target: &str, body: &str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        if !is_env(name) {
            return self.command(at, body);
        }
        let scan = self.source.job.detector.env_file(&Sensitive::from(body.to_owned()));
        let worst = scan.spotted.into_iter().map(|spotted| spotted.judgement).max_by_key(|judged| judged.class);
        self.add(at, shown(target, at), Ok(Problem::EnvFileCopied), worst);
    }

    /// A source taken from the build context: as it is written, and as it reads with its variables.
    fn taken(&mut self, at: &At<'_>, written: &str, (source, open): (&str, bool), exclude: &Ignore) {
        let mut finds: Vec<(Name, Result<Problem, Cause>)> = Vec::new();
        for context in &self.contexts {
            let context = match context {
                Ok(context) => context,
                Err(cause) => {
                    finds.push((Name::fixed(".dockerignore"), Err(*cause)));
                    continue;
                }
            };
            if open {
                // Nobody but the one who builds knows what comes in.
                if context.may_name_env(source, exclude) {
                    finds.push((shown(written, at), Err(Cause::NeedsReview)));
                }
            } else if context.names_env(source, exclude) {
                finds.push((shown(written, at), Ok(Problem::EnvFileCopied)));
            } else {
                let inside = context.lets_in(source, exclude).into_iter();
                finds.extend(inside.map(|path| (shown(&path, at), Ok(Problem::ContextNotIgnored))));
            }
        }
        // Two contexts may let the same in.
        let mut said = Vec::new();
        for find in finds {
            if !said.contains(&find) {
                said.push(find.clone());
                self.add(at, find.0, find.1, None);
            }
        }
    }
}
