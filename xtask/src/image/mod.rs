//! `cargo xtask image`: from deploy/components.toml to the programs, the container images and the root image of a node.

mod build;
mod closure;
mod debian;
mod defaults;
mod entry;
mod fileset;
mod hashing;
mod layer;
mod layout;
mod manifest;
mod programs;
mod repin;
mod rootfs;
mod run;
mod stamp;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};

use manifest::Manifest;

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Until {
    /// Only the Go and C programs.
    Components,
    /// The container images too.
    Images,
    /// The root image and _out/bin too: builds our own programs.
    Root,
}

/// Options of `cargo xtask image`.
#[derive(Args, Debug)]
pub struct Options {
    /// Stop after this part.
    #[arg(long, value_enum, default_value = "root")]
    until: Until,
    /// Profile of cargo for our own programs; dev is quick to build, for trying changes out.
    #[arg(long, default_value = "release")]
    profile: String,
    /// Take the version of a Debian package that is served where the pinned one is not any more.
    #[arg(long)]
    allow_unpinned: bool,
    /// Write the versions and checksums that the Debian mirror serves now into components.toml, and stop.
    #[arg(long)]
    repin: bool,
    /// Write crates/components from components.toml, and stop.
    #[arg(long)]
    defaults: bool,
}

/// Where everything is read and written.
struct Places {
    /// Hand-written inputs.
    deploy: PathBuf,
    /// Built programs and their stamps.
    components: PathBuf,
    /// Downloaded Debian packages and the tree that they unpack to.
    debian: PathBuf,
    /// The OCI layout.
    images: PathBuf,
    /// The root image as a tree.
    rootfs: PathBuf,
    /// Programs for the user.
    bin: PathBuf,
}

impl Places {
    fn new(root: &Path) -> Self {
        let out = root.join("_out");
        Self {
            deploy: root.join("deploy"),
            components: out.join("components"),
            debian: out.join("debian"),
            images: out.join("images"),
            rootfs: out.join("rootfs"),
            bin: out.join("bin"),
        }
    }
}

/// Builds what is missing or out of date. A second run takes seconds.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let places = Places::new(root);
    let manifest = Manifest::read(&places.deploy)?;

    if options.repin {
        return repin::rewrite(&places.deploy.join(manifest::FILE));
    }
    if options.defaults {
        return defaults::write(root, &manifest);
    }
    defaults::check(root, &manifest)?;

    build::components(&places, &manifest)?;
    if options.until >= Until::Images {
        debian::unpack(&places, &manifest, options.allow_unpinned)?;
        layout::assemble(&places, &manifest)?;
    }
    if options.until >= Until::Root {
        let programs = programs::build(root, &options.profile)?;
        rootfs::assemble(&places, &manifest, &programs)?;
    }
    Ok(())
}
