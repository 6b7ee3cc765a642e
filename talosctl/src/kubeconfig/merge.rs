//! Taking over clusters, users and contexts of another kubeconfig.

use config::yaml::Node;

use super::{Kubeconfig, name_of};

/// The lists of a kubeconfig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Clusters.
    Clusters,
    /// Users.
    Users,
    /// Contexts.
    Contexts,
}

impl Section {
    pub(super) const ALL: [Section; 3] = [Section::Clusters, Section::Users, Section::Contexts];

    pub(super) fn key(self) -> &'static str {
        match self {
            Section::Clusters => "clusters",
            Section::Users => "users",
            Section::Contexts => "contexts",
        }
    }

    /// One of them, as messages and entries call it.
    pub fn singular(self) -> &'static str {
        match self {
            Section::Clusters => "cluster",
            Section::Users => "user",
            Section::Contexts => "context",
        }
    }
}

/// What to do about something else of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Give the newcomer a number.
    Rename,
    /// Replace what is there.
    Overwrite,
}

/// What merging did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Newcomers that got another name: what they are, old and new name.
    pub renamed: Vec<(&'static str, String, String)>,
    /// The context that is current now.
    pub context: String,
}

impl Kubeconfig {
    /// Takes over everything of `new` and makes its current context current. `context_name` is another
    /// name for that context; `decide` says what to do about each name that is taken by something else.
    pub fn merge(
        &mut self,
        new: &Kubeconfig,
        context_name: Option<&str>,
        mut decide: impl FnMut(Section, &str) -> Conflict,
    ) -> Merged {
        let mut merged = Merged::default();
        let current = new.current_context();
        let mut names: Vec<(Section, String, String)> = Vec::new();
        for section in Section::ALL {
            for entry in new.entries(section) {
                let mut entry = entry.clone();
                if section == Section::Contexts {
                    rewrite(&mut entry, &names);
                }
                let old = name_of(&entry).to_owned();
                let mut name = old.clone();
                let is_current = section == Section::Contexts && old == current;
                if let Some(forced) = context_name.filter(|_| is_current) {
                    name = forced.to_owned();
                    set_name(&mut entry, &name);
                }
                let taken = self.find(section, &name).is_some_and(|there| *there != entry);
                if taken && decide(section, &name) == Conflict::Rename {
                    let free = self.free_name(section, &name);
                    merged.renamed.push((section.singular(), name, free.clone()));
                    name = free;
                    set_name(&mut entry, &name);
                }
                if is_current {
                    merged.context.clone_from(&name);
                }
                names.push((section, old, name));
                self.put(section, entry);
            }
        }
        if !merged.context.is_empty() {
            self.set_current_context(&merged.context.clone());
        }
        merged
    }

    fn put(&mut self, section: Section, entry: Node) {
        let Some(entries) = self.entries_mut(section) else { return };
        match entries.iter_mut().find(|there| name_of(there) == name_of(&entry)) {
            Some(there) => *there = entry,
            None => entries.push(entry),
        }
    }

    fn free_name(&self, section: Section, name: &str) -> String {
        let mut number = 1usize;
        loop {
            let candidate = format!("{name}-{number}");
            if self.find(section, &candidate).is_none() {
                return candidate;
            }
            number += 1;
        }
    }
}

fn set_name(entry: &mut Node, name: &str) {
    if let Some(node) = entry.get_mut("name") {
        *node = Node::str(name);
    }
}

/// Lets a context name cluster and user as they are called now.
fn rewrite(context: &mut Node, names: &[(Section, String, String)]) {
    for section in [Section::Clusters, Section::Users] {
        let Some(node) = context.get_mut("context").and_then(|inner| inner.get_mut(section.singular()))
        else {
            continue;
        };
        let renamed = names.iter().find(|(s, old, _)| *s == section && node.as_str() == Some(old));
        if let Some((_, _, new)) = renamed {
            *node = Node::str(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::*;

    #[test]
    fn into_an_empty_file_everything_is_taken_as_it_is() {
        let new = config("demo", "Y2E=");
        let mut mine = Kubeconfig::parse(b"").unwrap();
        let merged = mine.merge(&new, None, |_, _| panic!("nothing conflicts"));
        assert_eq!(
            (mine.access(None).unwrap().server, merged.renamed.len()),
            ("https://10.5.0.1:6443".into(), 0)
        );
        assert_eq!(merged.context, "admin@demo");
    }

    #[test]
    fn merging_the_same_again_changes_nothing() {
        let mut mine = config("demo", "Y2E=");
        let before = mine.clone();
        mine.merge(&config("demo", "Y2E="), None, |_, _| panic!("nothing conflicts"));
        assert_eq!(mine, before);
    }

    #[test]
    fn what_clashes_is_renamed_and_the_context_follows() {
        let mut mine = config("demo", "b2xk");
        let merged = mine.merge(&config("demo", "bmV3"), None, |_, _| Conflict::Rename);
        // The user is the same; cluster and context are not.
        assert_eq!(
            merged.renamed,
            [
                ("cluster", "demo".to_owned(), "demo-1".to_owned()),
                ("context", "admin@demo".to_owned(), "admin@demo-1".to_owned())
            ]
        );
        assert_eq!(mine.current_context(), "admin@demo-1");
        assert_eq!(mine.access(None).unwrap().ca.as_deref(), Some(b"new".as_slice()));
        let merged = mine.merge(&config("demo", "bmV3ZXI="), None, |_, _| Conflict::Rename);
        assert_eq!(merged.context, "admin@demo-2");
    }

    #[test]
    fn what_clashes_may_be_overwritten() {
        let mut mine = config("demo", "b2xk");
        mine.merge(&config("demo", "bmV3"), None, |_, _| Conflict::Overwrite);
        assert_eq!(mine, config("demo", "bmV3"));
    }

    #[test]
    fn the_context_may_get_another_name() {
        let mut mine = Kubeconfig::parse(b"").unwrap();
        mine.merge(&config("demo", "Y2E="), Some("mine"), |_, _| Conflict::Rename);
        assert_eq!(mine.current_context(), "mine");
        assert!(mine.access(None).is_ok());
    }

    #[test]
    fn comments_and_unknown_keys_of_the_user_stay() {
        let text = "# mine\napiVersion: v1\nkind: Config\npreferences: {colors: true}\nclusters: []\nusers: null\ncontexts: []\n";
        let mut mine = Kubeconfig::parse(text.as_bytes()).unwrap();
        mine.merge(&config("demo", "Y2E="), None, |_, _| Conflict::Rename);
        let written = mine.to_text();
        assert!(written.contains("# mine") && written.contains("colors: true"), "{written}");
    }
}
