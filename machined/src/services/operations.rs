//! What users may do to which service, and in which words it is refused (contract api.md 5.5).

/// Something that a user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Start,
    Stop,
    Restart,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Start => "start",
            Operation::Stop => "stop",
            Operation::Restart => "restart",
        }
    }

    /// The answer to a request that was carried out.
    pub fn done(self, id: &str) -> String {
        let word = match self {
            Operation::Start => "started",
            Operation::Stop => "stopped",
            Operation::Restart => "restarted",
        };
        format!("Service \"{id}\" {word}")
    }
}

/// Whether the API may do this to a service.
fn allowed(id: &str, operation: Operation) -> bool {
    match id {
        "kubelet" => operation != Operation::Stop,
        _ => id.starts_with("ext-"),
    }
}

/// Refuses what the API may not do, in the words of the contract.
pub fn check(id: &str, defined: bool, operation: Operation) -> Result<(), String> {
    if !defined {
        return Err(format!("service {id:?} not defined"));
    }
    if !allowed(id, operation) {
        return Err(format!("service {id:?} doesn't support {} operation via API", operation.word()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation::{Restart, Start, Stop};

    #[test]
    fn only_the_kubelet_and_extensions_can_be_operated() {
        let cases = [
            ("kubelet", Start, true),
            ("kubelet", Restart, true),
            ("kubelet", Stop, false),
            ("ext-hello", Stop, true),
            ("ext-hello", Start, true),
            ("apid", Restart, false),
            ("etcd", Start, false),
            ("machined", Stop, false),
        ];
        for (id, operation, ok) in cases {
            assert_eq!(check(id, true, operation).is_ok(), ok, "{id} {operation:?}");
        }
    }

    #[test]
    fn refusals_and_answers_have_the_words_of_the_contract() {
        assert_eq!(
            check("apid", true, Stop).unwrap_err(),
            "service \"apid\" doesn't support stop operation via API"
        );
        assert_eq!(check("nope", false, Start).unwrap_err(), "service \"nope\" not defined");
        assert_eq!(Restart.done("kubelet"), "Service \"kubelet\" restarted");
    }
}
