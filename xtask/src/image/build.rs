//! Builds the Go and C programs of the data file.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::Places;
use super::manifest::{Component, Manifest};
use super::run::{output, run};
use super::stamp::{Inputs, Stamp};

/// Builds each component whose inputs changed into `_out/components/bin`.
pub fn components(places: &Places, manifest: &Manifest) -> Result<()> {
    let bin = places.components.join("bin");
    std::fs::create_dir_all(&bin).with_context(|| format!("create {}", bin.display()))?;
    let go_version = output(Command::new("go").args(["env", "GOVERSION"]))?;

    for (name, component) in &manifest.component {
        let go = places.deploy.join("go");
        let mut inputs = Inputs::new().text(&format!("{component:?}"));
        if !component.packages.is_empty() {
            inputs = inputs.text(&go_version).tree(&go)?;
        }
        for source in component.c.values() {
            inputs = inputs.tree(&places.deploy.join(source))?;
        }
        let stamp = Stamp::new(&places.components, name, inputs);
        if stamp.holds() && outputs(component).all(|output| bin.join(output).exists()) {
            continue;
        }
        stamp.clear()?;
        let begin = Instant::now();
        eprintln!("building {name} {}", component.version);
        for (output, package) in &component.packages {
            go_build(&go, component, package, &bin.join(output))
                .with_context(|| format!("build {output}"))?;
        }
        for (output, source) in &component.c {
            c_build(&places.deploy.join(source), &bin.join(output))
                .with_context(|| format!("build {output}"))?;
        }
        eprintln!("built {name} in {:.0?}", begin.elapsed());
        stamp.set()?;
    }
    Ok(())
}

fn outputs(component: &Component) -> impl Iterator<Item = &String> {
    component.packages.keys().chain(component.c.keys())
}

fn go_build(module: &Path, component: &Component, package: &str, output: &Path) -> Result<()> {
    let cgo = if component.static_cgo { "1" } else { "0" };
    run(Command::new("go")
        .current_dir(module)
        .env("CGO_ENABLED", cgo)
        .env("GOFLAGS", "-mod=readonly")
        .env("GOTOOLCHAIN", "local")
        .args(["build", "-trimpath", "-buildvcs=false"])
        .args(["-tags", &component.tags.join(",")])
        .args(["-ldflags", &component.linker_flags()])
        .arg("-o")
        .arg(output)
        .arg(package))
}

fn c_build(source: &Path, output: &Path) -> Result<()> {
    run(Command::new("cc").args(["-Os", "-Wall", "-Wextra", "-static", "-s", "-o"]).arg(output).arg(source))
}
