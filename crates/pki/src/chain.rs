//! Does a chain lead to an accepted authority?

use std::time::SystemTime;

use crate::{Certificate, Error, Result};

/// The longest chain that is followed, the leaf included.
const MAX_DEPTH: usize = 8;

/// Checks that `chain` (leaf first, then intermediates in any order) leads to one of the `accepted`
/// authorities, every certificate on the way being valid at `now`. Accepted authorities are trusted as they
/// are, but an expired one is not.
///
/// # Errors
/// [`Error::OutsideValidity`] for an expired link, [`Error::UnknownIssuer`] when no path exists.
pub fn verify(chain: &[Certificate], accepted: &[Certificate], now: SystemTime) -> Result<()> {
    let Some((leaf, intermediates)) = chain.split_first() else {
        return Err(Error::UnknownIssuer { subject: "(none)".into(), count: accepted.len() });
    };
    let mut expired = None;
    if follow(leaf, intermediates, accepted, now, MAX_DEPTH, &mut expired) {
        return Ok(());
    }
    let unknown = Error::UnknownIssuer { subject: leaf.subject().to_string(), count: accepted.len() };
    Err(expired.unwrap_or(unknown))
}

fn follow(
    certificate: &Certificate,
    intermediates: &[Certificate],
    accepted: &[Certificate],
    now: SystemTime,
    depth: usize,
    expired: &mut Option<Error>,
) -> bool {
    if depth == 0 {
        return false;
    }
    let mut valid = |c: &Certificate| c.check_validity(now).map_err(|e| *expired = Some(e)).is_ok();
    if !valid(certificate) {
        return false;
    }
    if accepted.iter().any(|ca| (ca == certificate || certificate.is_issued_by(ca)) && valid(ca)) {
        return true;
    }
    intermediates.iter().any(|next| {
        next != certificate
            && certificate.is_issued_by(next)
            && follow(next, intermediates, accepted, now, depth - 1, expired)
    })
}
