//! Any packet of a server is a lease or nothing, and the client goes on whatever it is sent.
#![no_main]

use std::time::Duration;

use dhcproto::Decodable as _;
use dhcproto::v4::{Decoder, Message};
use libfuzzer_sys::fuzz_target;
use networkd::operator::dhcp4::client::Client;
use networkd::operator::dhcp4::lease::{Lease, server};
use networkd::operator::dhcp4::message::{Identity, client_id_mac};

fuzz_target!(|packets: Vec<(u8, Vec<u8>)>| {
    let hardware = vec![2, 0, 0, 0, 0, 1];
    let identity = Identity { client_id: client_id_mac(&hardware), hardware, hostname: "n".into(), skip_hostname: false };
    let mut client = Client::new(identity, Duration::ZERO);
    let mut now = Duration::ZERO;
    for (wait, packet) in packets {
        now += Duration::from_secs(u64::from(wait) * 60);
        let _ = client.tick(now, u32::from(wait));
        let Ok(message) = Message::decode(&mut Decoder::new(&packet)) else { continue };
        let _ = (Lease::from_ack(&message), server(&message));
        let _ = client.receive(&message, now);
        let _ = (client.wake_at(), client.lease());
    }
    let _ = client.release();
});
