//! Files, device rules and kernel modules.

use crate::schema::{Effect, Redaction};

choice! {
    /// What is done with a file.
    FileOp { Create = "create", Append = "append", Overwrite = "overwrite" }
}

record! {
    /// A file to write at boot.
    MachineFile {
        /// Its content.
        "content" content: String => redaction(Redaction::Whole);
        /// Its permissions.
        "permissions" permissions: Option<u32> => example("0o644");
        /// Its path.
        "path" path: String;
        /// What is done.
        "op" op: String;
    }

    /// Rules for device files.
    UdevConfig {
        /// The rules.
        "rules" rules: Vec<String>;
    }

    /// A kernel module to load.
    KernelModuleSection {
        /// The module.
        "name" name: String;
        /// Its parameters.
        "parameters" parameters: Vec<String> => effect(Effect::Reboot);
    }

    /// The kernel.
    KernelConfig {
        /// Modules to load.
        "modules" modules: Vec<KernelModuleSection>;
    }
}
