//! Everything that is wrong with a text at once: what the decoder refuses does not hide what
//! validation would say about the rest.

use crate::container::{Config, DecodeOptions, decode_documents};
use crate::problem::{Problem, Report, Severity};
use crate::validate::ValidateOptions;
use crate::yaml::Segment;

/// A text that was decoded and validated.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The configuration, unless the decoder refuses it.
    pub config: Option<Config>,
    /// Every problem: of the decoder, and of validation of what could be decoded.
    pub report: Report,
}

impl Config {
    /// Decodes strictly and validates, and says everything that is wrong in one go. What only
    /// follows from something that could not be decoded, such as a required key that was
    /// misspelled, is not said a second time.
    pub fn review(source: &str, bytes: &[u8], options: &ValidateOptions) -> Reviewed {
        let decode = DecodeOptions::default();
        let (documents, decoded) = decode_documents(source, bytes, &decode);
        if !decoded.has_errors() {
            return match Self::build(source, documents, decoded, Some(bytes), &decode) {
                Ok(config) => Reviewed { report: config.validate(options), config: Some(config) },
                Err(report) => Reviewed { config: None, report },
            };
        }
        // Without a single document there is nothing to say but that.
        if documents.is_empty() {
            return Reviewed { config: None, report: decoded };
        }
        let validated = Self::assemble(source, documents, Report::default(), Some(bytes)).validate(options);
        Reviewed { config: None, report: joined(decoded, validated) }
    }
}

/// Both reports in the order of the text, without consequences.
fn joined(decoded: Report, validated: Report) -> Report {
    let consequence = |problem: &Problem| decoded.problems().iter().any(|cause| follows(problem, cause));
    let mut all: Vec<Problem> =
        validated.problems().iter().filter(|problem| !consequence(problem)).cloned().collect();
    let more = validated.left_off();
    all.extend(decoded.problems().iter().cloned());
    all.sort_by_key(|problem| (problem.span.line, problem.span.column));
    let mut report = Report::default();
    all.into_iter().for_each(|problem| report.push(problem));
    report.leave_off(more + decoded.left_off());
    report
}

/// Whether validation found something only because of what the decoder refused: it is about the
/// same place or something in it, about the mapping that the place is in, or about the key that
/// was meant.
fn follows(problem: &Problem, cause: &Problem) -> bool {
    if problem.document != cause.document || cause.severity != Severity::Error || cause.path.0.is_empty() {
        return false;
    }
    let (at, cause_at) = (&problem.path.0, &cause.path.0);
    if is_machine_type(cause) && ROLE_RULES.iter().any(|rule| problem.rule.starts_with(rule)) {
        return true;
    }
    if at.starts_with(cause_at) {
        return true;
    }
    let Some((_, around)) = cause_at.split_last() else { return false };
    if at == around {
        return true;
    }
    let meant = cause.suggestion.as_deref();
    at.split_last().is_some_and(|(key, parent)| {
        parent == around && matches!(key, Segment::Key(key) if Some(key.as_str()) == meant)
    })
}

/// Beginnings of rules about what a worker or a control plane needs.
const ROLE_RULES: [&str; 4] = ["worker-", "control-plane-", "etcd-", "talos-api-access-worker"];

/// Whether the type of the machine is what could not be read: nothing is known about its role then.
fn is_machine_type(cause: &Problem) -> bool {
    let [Segment::Key(machine), Segment::Key(key)] = cause.path.0.as_slice() else { return false };
    machine == "machine" && (key == "type" || cause.suggestion.as_deref() == Some("type"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Mode;

    fn lines(text: &str) -> Vec<String> {
        let reviewed = Config::review("c.yaml", text.as_bytes(), &ValidateOptions::local(Mode::Metal));
        reviewed.report.problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unknown_keys_do_not_hide_what_is_wrong_elsewhere() {
        let text = "machine:\n  type: worker\n  ca: {}\n  nope: 1\n  install: {}\ncluster:\n  network: {cni: {name: \
                    calico}}\n---\napiVersion: v1alpha1\nkind: VLANConfig\nname: v\nvlanID: 4095\nparent: [eth0]\n";
        assert_eq!(
            lines(text),
            [
                "c.yaml:3:3: error: v1alpha1: machine.ca: a worker needs a trusted authority: machine.ca.crt or \
                 machine.acceptedCAs",
                "c.yaml:4:3: error: v1alpha1: machine.nope: unknown key",
                "c.yaml:5:3: error: v1alpha1: machine.install: an installation needs a disk: set disk or diskSelector",
                "c.yaml:7:19: error: v1alpha1: cluster.network.cni.name: \"calico\" is not one of flannel, custom, none",
                "c.yaml:12:1: error: VLANConfig v: vlanID: the number of a VLAN is from 1 to 4094",
                "c.yaml:13:9: error: VLANConfig v: parent: expected a text, found a list",
            ]
        );
    }

    #[test]
    fn consequences_are_not_told_beside_their_cause() {
        let text = "apiVersion: v1alpha1\nkind: BondConfig\nname: b\nlinsk: [a]\nbondMode: 802.3\n---\n\
                    machine: {type: worker, ca: {crt: x}, install: {dsik: /dev/sda}}\ncluster: {}\n";
        assert_eq!(
            lines(text),
            [
                "c.yaml:4:1: error: BondConfig b: linsk: unknown key; did you mean \"links\"?",
                "c.yaml:5:11: error: BondConfig b: bondMode: \"802.3\" is not one of balance-rr, active-backup, \
                 balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb",
                "c.yaml:7:35: error: v1alpha1: machine.ca.crt: expected base64, found a string \"x\"",
                "c.yaml:7:49: error: v1alpha1: machine.install.dsik: unknown key; did you mean \"disk\"?",
            ]
        );
    }

    #[test]
    fn nothing_is_asked_of_a_role_that_is_not_known() {
        for text in ["machine: {type: wroker}\ncluster: {}\n", "machine: {tpye: controlplane}\ncluster: {}\n"]
        {
            assert_eq!(lines(text).len(), 1, "{:?}", lines(text));
        }
    }

    #[test]
    fn documents_without_an_identity_do_not_hide_the_others() {
        let text =
            "kind: LinkConfig\nname: a\n---\napiVersion: v1alpha1\nkind: VRFConfig\nname: v\n---\n- a\n";
        assert_eq!(
            lines(text),
            [
                "c.yaml:1:1: error: missing apiVersion",
                "c.yaml:4:1: error: VRFConfig v: table: this is required",
                "c.yaml:8:1: error: expected a YAML document at line 7, found a list",
            ]
        );
        assert_eq!(lines("a: [\n").len(), 1);
    }

    #[test]
    fn what_is_fine_is_the_configuration() {
        let text = b"apiVersion: v1alpha1\nkind: LinkConfig\nname: a\n";
        let reviewed = Config::review("c.yaml", text, &ValidateOptions::local(Mode::Metal));
        assert!(reviewed.report.is_empty() && reviewed.config.is_some_and(|config| config.bytes() == text));
    }
}
