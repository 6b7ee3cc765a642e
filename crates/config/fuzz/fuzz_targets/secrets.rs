//! Any bytes are a secrets bundle or an error; a bundle survives its file, and what is generated
//! from it is YAML that holds no less than the bundle, with comments and without.
#![no_main]

use config::Config;
use config::documents::v1alpha1::MachineType;
use config::generate::{Comments, Input, VersionContract, commented_machine_config, machine_config};
use config::secrets::Secrets;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(secrets) = Secrets::parse(bytes) else { return };
    let again = Secrets::parse(secrets.to_text().as_bytes());
    assert!(again.is_ok_and(|again| again == secrets), "written differently");
    for version in ["v1.2", "v1.11", "v1.14"] {
        let Ok(contract) = VersionContract::parse(version) else { return };
        let input = Input { contract, ..Input::new("demo", "https://192.0.2.1:6443") };
        for role in [MachineType::ControlPlane, MachineType::Worker] {
            let plain = machine_config(&input, &secrets, role);
            let commented = commented_machine_config(&input, &secrets, role, Comments::default());
            // What is no base64 in the bundle is refused here, in both alike.
            let plain = Config::decode_lenient("plain.yaml", plain.as_bytes());
            let commented = Config::decode_lenient("commented.yaml", commented.as_bytes());
            match (&plain, &commented) {
                (Ok(plain), Ok(commented)) => assert!(plain.documents() == commented.documents()),
                (Err(_), Err(_)) => {}
                _ => panic!("comments make a difference"),
            }
            if let Ok(config) = plain {
                let _ = Secrets::from_control_plane(&config);
            }
        }
    }
});
