//! Checks of the way to somewhere, which decide whether the network is ready.

use crate::value::{Duration, Url};

record! {
    /// A check that connects over TCP.
    TCPProbeConfig {
        /// The name of the check.
        "name" name: String => required;
        /// How often it runs; every second when left out.
        "interval" interval: Option<Duration>;
        /// How many failures in a row count.
        "failureThreshold" failure_threshold: Option<i32>;
        /// Host and port to connect to.
        "endpoint" endpoint: String => required;
        /// How long one attempt may take; 10 s when left out.
        "timeout" timeout: Option<Duration>;
    }

    /// A check that makes an HTTP request.
    HTTPProbeConfig {
        /// The name of the check.
        "name" name: String => required;
        /// How often it runs; every second when left out.
        "interval" interval: Option<Duration>;
        /// How many failures in a row count.
        "failureThreshold" failure_threshold: Option<i32>;
        /// What to ask for.
        "url" url: Option<Url> => required;
        /// How long one attempt may take; 10 s when left out.
        "timeout" timeout: Option<Duration>;
    }
}
