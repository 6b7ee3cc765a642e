//! Validation: every rule has a name, every problem a position. Decoding has already made
//! sure of keys and types; what is here needs to see values together.
//!
//! Order: the v1alpha1 document, each other document, what the two of them must not both say,
//! what only the whole configuration shows (contract os.md 1.2).

mod conflicts;
mod context;
mod documents;
mod expression;
mod legacy;
mod oci;
mod pem;
mod required;
mod rules;
mod text;
mod whole;

use crate::Config;
use crate::problem::Report;

pub(crate) use context::{Context, at};
pub use rules::{RULES, Rule};

/// What the machine is made of, which decides what the configuration needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A machine that the system is installed to.
    Metal,
    /// A virtual machine whose disk already holds the system.
    Cloud,
    /// A container.
    Container,
    /// A machine that is looked at by an agent, never installed.
    MetalAgent,
}

impl Mode {
    /// Every mode with its name.
    pub const ALL: [(&'static str, Mode); 4] = [
        ("metal", Mode::Metal),
        ("cloud", Mode::Cloud),
        ("container", Mode::Container),
        ("metal-agent", Mode::MetalAgent),
    ];

    /// The mode of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, mode)| mode)
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, mode)| *mode == self).map_or("", |(name, _)| name)
    }

    /// Whether the system gets installed (contract os.md 1.2).
    pub fn requires_install(self) -> bool {
        self == Self::Metal
    }

    /// Whether the machine is a container.
    pub fn in_container(self) -> bool {
        self == Self::Container
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a configuration is validated.
#[derive(Debug, Clone, Copy)]
pub struct ValidateOptions {
    /// What the machine is made of.
    pub mode: Mode,
    /// Validation away from the node: versions of Kubernetes images are not looked at.
    pub local: bool,
    /// Warnings about the v1alpha1 document are errors; others stay warnings.
    pub strict: bool,
}

impl ValidateOptions {
    /// What the node does.
    pub fn on_node(mode: Mode) -> Self {
        Self { mode, local: false, strict: false }
    }

    /// What a client does.
    pub fn local(mode: Mode) -> Self {
        Self { mode, local: true, strict: false }
    }
}

impl Config {
    /// Everything that is wrong, in the order of the documents.
    pub fn validate(&self, options: &ValidateOptions) -> Report {
        let mut cx = Context::new(self, *options);
        if self.documents().is_empty() {
            cx.error("no-documents", at![], "there is no configuration in it");
        }
        for document in self.documents() {
            cx.enter(document);
            if document.id.is_v1alpha1() {
                legacy::validate(&mut cx);
            }
        }
        for document in self.documents().iter().filter(|document| !document.id.is_v1alpha1()) {
            cx.enter(document);
            required::validate(document, &mut cx);
            documents::validate(document, &mut cx);
        }
        if self.v1alpha1().is_some() {
            conflicts::validate(&mut cx);
        }
        whole::validate(&mut cx);
        let mut report = cx.finish();
        if options.strict {
            report.promote(|problem| &*problem.document == "v1alpha1");
        }
        report
    }
}
