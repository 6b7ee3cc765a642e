//! The pages under `docs/configuration` that are made from tables are up to date.
//! `UPDATE_GOLDEN=1` writes them anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::path::Path;

use config::validate::RULES;

fn up_to_date(name: &str, page: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration");
    let path = folder.join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "{name} is out of date: run UPDATE_GOLDEN=1 cargo test -p config --test reference"
    );
}

#[test]
fn the_reference_of_fields_is_that_of_the_table() {
    up_to_date("reference.md", &config::schema::reference());
}

#[test]
fn the_page_of_rules_has_every_rule_with_what_it_says() {
    let mut page = String::from(
        "# Validation rules\n\n\
         Every rule by its name, as `talosctl validate -o json` prints it, with what is said about a configuration\n\
         that breaks it. The configurations are under `crates/config/tests/validate`.\n\n\
         | rule | | says |\n| --- | --- | --- |\n",
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    files.sort();
    for rule in RULES {
        // Of a rule with several files the first one speaks for all.
        let shows = |name: &str| name.split('.').next() == Some(rule.name);
        let name = files.iter().find(|name| name.to_str().is_some_and(shows)).unwrap();
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let mark = format!("#= [{}] c.yaml:", rule.name);
        let line = text.lines().find_map(|line| line.strip_prefix(&mark)).unwrap();
        let (_, said) = line.split_once(&format!("{}: ", rule.severity.as_str())).unwrap();
        page.push_str(&format!(
            "| {} | {} | {} |\n",
            rule.name,
            rule.severity.as_str(),
            said.replace('|', "\\|")
        ));
    }
    up_to_date("rules.md", &page);
}
