//! The typed form of deploy/components.toml.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The data file's name below deploy/.
pub const FILE: &str = "components.toml";

/// Everything that the data file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub component: BTreeMap<String, Component>,
    pub set: BTreeMap<String, Set>,
    pub image: BTreeMap<String, Image>,
    #[serde(default)]
    pub debian: Vec<Package>,
}

/// A part that is built from source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Without a leading v.
    pub version: String,
    /// Go modules whose version in go.mod must be this one.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Output name to Go package.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
    /// Output name to C source below deploy/.
    #[serde(default)]
    pub c: BTreeMap<String, PathBuf>,
    #[serde(default)]
    pub ldflags: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Built with cgo and linked statically.
    #[serde(default)]
    pub static_cgo: bool,
}

impl Component {
    /// Linker flags with the version filled in.
    pub fn linker_flags(&self) -> String {
        let mut numbers = self.version.split('.');
        let major = numbers.next().unwrap_or_default();
        let minor = numbers.next().unwrap_or_default();
        let own = self.ldflags.iter().map(|flag| {
            flag.replace("{version}", &self.version).replace("{major}", major).replace("{minor}", minor)
        });
        let mut flags = vec!["-s -w".to_owned()];
        flags.extend(own);
        if self.static_cgo {
            flags.push("-linkmode external -extldflags \"-static\"".to_owned());
        }
        flags.join(" ")
    }
}

/// Files that belong together: a layer of an image, or a part of the root image.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Set {
    /// Other sets, taken into this one.
    pub include: Vec<String>,
    pub dirs: Vec<String>,
    /// Path to the output of a component.
    pub files: BTreeMap<String, String>,
    /// Path to target.
    pub links: BTreeMap<String, String>,
    /// Path to a file below deploy/.
    pub text: BTreeMap<String, PathBuf>,
    /// Programs of the Debian packages, taken with the libraries that they load.
    pub programs: Vec<String>,
    /// Folders of shared objects of the Debian packages, loaded by name at run time.
    pub libraries: Vec<String>,
    /// Path to a file of the Debian packages, taken alone.
    pub copies: BTreeMap<String, String>,
    /// Where the bundle of the Debian packages' certificates goes.
    pub ca_bundle: Option<String>,
}

/// A container image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    pub component: String,
    /// Repository and tag, with `{version}`.
    pub reference: String,
    /// Sets, lowest first.
    pub layers: Vec<String>,
    pub entrypoint: Vec<String>,
    pub user: Option<String>,
}

/// A Debian package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub sha256: String,
}

impl Manifest {
    /// Reads and checks the data file.
    pub fn read(deploy: &Path) -> Result<Self> {
        let path = deploy.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let go_mod = deploy.join("go/go.mod");
        let modules =
            std::fs::read_to_string(&go_mod).with_context(|| format!("read {}", go_mod.display()))?;
        Self::parse(&text, &modules).with_context(|| path.display().to_string())
    }

    fn parse(text: &str, go_mod: &str) -> Result<Self> {
        let manifest: Self = toml_edit::de::from_str(text)?;
        manifest.check_names()?;
        manifest.check_modules(go_mod)?;
        Ok(manifest)
    }

    fn check_names(&self) -> Result<()> {
        for (name, image) in &self.image {
            ensure!(
                self.component.contains_key(&image.component),
                "image {name}: there is no component {}",
                image.component
            );
            for layer in &image.layers {
                ensure!(self.set.contains_key(layer), "image {name}: there is no set {layer}");
            }
        }
        for (name, set) in &self.set {
            for other in &set.include {
                ensure!(self.set.contains_key(other), "set {name}: there is no set {other}");
            }
            for output in set.files.values() {
                ensure!(self.builds(output), "set {name}: no component builds {output}");
            }
        }
        Ok(())
    }

    fn builds(&self, output: &str) -> bool {
        self.component
            .values()
            .any(|component| component.packages.contains_key(output) || component.c.contains_key(output))
    }

    fn check_modules(&self, go_mod: &str) -> Result<()> {
        for (name, component) in &self.component {
            for module in &component.modules {
                let wanted = format!("{module} v{}", component.version);
                let found = go_mod.lines().any(|line| {
                    let line = line.trim().trim_start_matches("require ");
                    line == wanted || line.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with(' '))
                });
                if !found {
                    bail!(
                        "component {name} is {}, but go/go.mod does not require {wanted}; make the two equal",
                        component.version
                    );
                }
            }
        }
        Ok(())
    }

    /// The full reference of an image.
    pub fn reference(&self, image: &Image) -> String {
        let version = self.component.get(&image.component).map_or("", |component| &component.version);
        image.reference.replace("{version}", version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        [component.k]
        version = "1.36.3"
        modules = ["k8s.io/kubernetes"]
        packages = { k = "./cmd/k" }
        ldflags = ["-X a=v{version}", "-X b={major}.{minor}"]
        [set.k]
        files = { "/k" = "k" }
        [image.k]
        component = "k"
        reference = "example.org/k:v{version}"
        layers = ["k"]
        entrypoint = ["/k"]
    "#;

    #[test]
    fn versions_fill_references_and_linker_flags() {
        let manifest = Manifest::parse(TEXT, "\tk8s.io/kubernetes v1.36.3 // indirect\n").unwrap();
        assert_eq!(manifest.reference(&manifest.image["k"]), "example.org/k:v1.36.3");
        assert_eq!(manifest.component["k"].linker_flags(), "-s -w -X a=v1.36.3 -X b=1.36");
    }

    #[test]
    fn a_version_that_differs_from_go_mod_is_refused() {
        let error = Manifest::parse(TEXT, "\tk8s.io/kubernetes v1.36.31\n").unwrap_err();
        assert!(error.to_string().contains("make the two equal"), "{error}");
    }

    #[test]
    fn a_layer_that_does_not_exist_is_refused() {
        let text = TEXT.replace("layers = [\"k\"]", "layers = [\"x\"]");
        let error = Manifest::parse(&text, "k8s.io/kubernetes v1.36.3").unwrap_err();
        assert_eq!(error.to_string(), "image k: there is no set x");
    }

    #[test]
    fn the_data_file_of_this_repository_is_sound() {
        Manifest::read(&crate::root().join("deploy")).unwrap();
    }
}
