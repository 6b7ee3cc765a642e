//! The arguments that a platform needs: its name, consoles and a few more (contract os.md 9).

/// What a machine of this platform is started with, on amd64 and without UEFI.
fn extra(platform: &str) -> &'static str {
    match platform {
        "metal" => "console=tty0",
        "akamai" => "console=ttyS0 console=tty0 console=tty1 net.ifnames=0",
        "digital-ocean" => "console=ttyS0 console=tty0 console=tty1 net.ifnames=0",
        "aws" => "console=tty1 console=ttyS0 net.ifnames=0 nvme_core.io_timeout=4294967295",
        "azure" => {
            "console=ttyS0,115200n8 earlyprintk=ttyS0,115200 rootdelay=300 net.ifnames=0 talos.dashboard.disabled=1 \
             sysctl.kernel.kexec_load_disabled=1"
        }
        "equinixMetal" | "packet" => "console=ttyS1,115200n8",
        "gcp" => "console=ttyS0 net.ifnames=0 talos.dashboard.disabled=1 sysctl.kernel.kexec_load_disabled=1",
        "oracle" | "scaleway" => "console=tty1 console=ttyS0 net.ifnames=0 talos.dashboard.disabled=1",
        "upcloud" | "vultr" => "net.ifnames=0",
        "vmware" => {
            "console=tty0 console=ttyS0 earlyprintk=ttyS0,115200 net.ifnames=0 talos.config=guestinfo"
        }
        "alibabacloud" | "cloudstack" | "exoscale" | "hcloud" | "nocloud" | "opennebula" | "openstack" => {
            "console=tty1 console=ttyS0 net.ifnames=0"
        }
        _ => "",
    }
}

/// The command line of a fresh installation: the platform, then what is the same everywhere.
pub fn fresh(platform: &str) -> crate::Cmdline {
    let mut line = crate::Cmdline::parse(&format!("talos.platform={platform}"));
    line.append(extra(platform));
    line.append(&crate::DEFAULTS.join(" "));
    line
}
