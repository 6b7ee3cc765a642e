//! Any requests are served or refused, and what is kept stays within its bounds.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pki::SigningRequest;
use prost::Message as _;
use proto::discovery::{AffiliateDeleteRequest, AffiliateUpdateRequest};
use proto::security::CertificateRequest;
use trustd::discovery::registry::{MAX_AFFILIATES, Registry, Update, Writer};

fuzz_target!(|calls: Vec<(u8, Vec<u8>)>| {
    let (mut registry, mut now, mut changes) = (Registry::default(), Duration::ZERO, Vec::new());
    for (kind, bytes) in calls {
        let by = Writer { network: Some([10, 0, 0, kind % 4].into()), key: None };
        match kind % 3 {
            0 => {
                let Ok(request) = CertificateRequest::decode(bytes.as_slice()) else { continue };
                let _ = std::str::from_utf8(&request.csr).map(SigningRequest::from_pem);
                let _ = std::str::from_utf8(&bytes).map(SigningRequest::from_pem);
            }
            1 => {
                let Ok(request) = AffiliateUpdateRequest::decode(bytes.as_slice()) else { continue };
                let ttl = request.ttl.and_then(|ttl| Duration::try_from(ttl).ok()).unwrap_or_default();
                let update = Update {
                    cluster: request.cluster_id.clone(),
                    id: request.affiliate_id,
                    data: request.affiliate_data,
                    endpoints: request.affiliate_endpoints,
                    ttl,
                    by,
                };
                let _ = registry.update(now, update, &mut changes);
                let listed = registry.list(now, &request.cluster_id).unwrap_or_default();
                assert!(listed.len() <= MAX_AFFILIATES);
            }
            _ => {
                now += Duration::from_secs(u64::from(kind));
                let Ok(request) = AffiliateDeleteRequest::decode(bytes.as_slice()) else { continue };
                let _ = registry.delete(now, &request.cluster_id, &request.affiliate_id, &by, &mut changes);
            }
        }
        registry.expire(now, &mut changes);
        assert!(registry.next_expiry().is_none_or(|next| next > now));
    }
});
