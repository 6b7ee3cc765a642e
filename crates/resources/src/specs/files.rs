//! Rendered files under /etc.

use proto::resource::files;

define! {
    files::EtcFileSpecSpec => "EtcFileSpecs.files.talos.dev" in "files" {
        sensitive: true,
    }
    files::EtcFileStatusSpec => "EtcFileStatuses.files.talos.dev" in "files" {}
}
