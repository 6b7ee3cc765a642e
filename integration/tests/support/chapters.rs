//! A story in chapters: each is a test of its own, and all go on with the same cluster.
//!
//! A file that tells one is a test without the usual harness (`harness = false` in Cargo.toml). A chapter that fails does
//! not hide those after it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Trial, run};

use super::{Cluster, skipped};

/// What the chapters of a story have in common.
pub trait Stage: Send + Sync + 'static {
    /// Keeps what explains a failure.
    fn keep(&self);
}

impl Stage for Cluster {
    fn keep(&self) {
        self.keep_evidence();
    }
}

/// A chapter.
pub struct Chapter<S> {
    name: &'static str,
    tell: Box<dyn Fn(&S) + Send>,
}

/// A chapter with the name of its function.
pub fn chapter<S, F: Fn(&S) + Send + 'static>(tell: F) -> Chapter<S> {
    let path = std::any::type_name::<F>();
    Chapter { name: path.rsplit("::").next().unwrap_or(path), tell: Box::new(tell) }
}

/// Tells the chapters that are asked for, in their order. The first of them begins the story.
pub fn tell<S: Stage, const N: usize>(story: &str, begin: fn() -> S, chapters: [Chapter<S>; N]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    if !arguments.list && skipped(story) {
        return ExitCode::SUCCESS;
    }
    let stage: Arc<OnceLock<Option<S>>> = Arc::default();
    let trial = |Chapter { name, tell }: Chapter<S>| {
        let stage = Arc::clone(&stage);
        Trial::test(name, move || {
            let stage = stage.get_or_init(|| catch_unwind(begin).ok());
            let stage = stage.as_ref().ok_or("the story did not begin")?;
            catch_unwind(AssertUnwindSafe(|| tell(stage))).or_else(|panic| {
                stage.keep();
                resume_unwind(panic)
            })
        })
    };
    let conclusion = run(&arguments, chapters.into_iter().map(trial).collect());
    conclusion.exit_code()
}
