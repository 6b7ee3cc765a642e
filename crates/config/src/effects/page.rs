//! The documentation of what has an effect, made from the rows.

use super::row::{Level, Row, When, Why, rows};
use super::table::GROUPS;
use crate::documents::{V1ALPHA1, kind_of};
use crate::validate::Mode;
use crate::yaml::Path;

/// `docs/compatibility.md`: every kind and group of fields with who carries it out, or why it has no effect.
pub fn page() -> String {
    let idle = rows().filter(|row| row.path.is_empty() && row.by.is_empty());
    let kinds: usize = idle.map(|row| row.kinds.len()).sum();
    let mut page = format!(
        "# What has an effect\n\n\
         Every kind of document and every group of fields: which part of a node carries it out, or that none does, and\n\
         what that means. The program is held to this table: a test follows each field through the code. {kinds} of {}\n\
         kinds have no effect on any node yet. The page is written by `cargo xtask compatibility`.\n\n\
         Whoever sets what has no effect is told: by `talosctl validate`, in the warnings of `apply-config`, by its dry\n\
         run, which calls such a change `no effect`, and on the node by `talosctl get configeffectstatuses`. What asks\n\
         for nothing, or for what is the case anyway, such as `enabled: false`, is not told of.\n\n\
         - **yes**: what is set takes effect. *When* a change of it does: see the [reference](configuration/reference.md).\n\
         - **no**: this version does not do it yet.\n\
         - **host's affair**: a container leaves it to its host, and so far nodes are containers; this version does not\n\
           do it on whole machines either, unless it says so.\n\
         - **nothing**: it is accepted for the sake of older files, and there is nothing to do.\n",
        crate::documents::KINDS.len(),
    );
    for (title, table) in GROUPS {
        page.push_str(&format!(
            "\n## {title}\n\n| | effect | when it changes | carried out by, or why not |\n"
        ));
        page.push_str("| --- | --- | --- | --- |\n");
        table.iter().for_each(|row| page.push_str(&line(row)));
    }
    page
}

fn line(row: &Row) -> String {
    let kinds: Vec<String> = row.kinds.iter().map(|kind| format!("`{kind}`")).collect();
    let name = match (row.kinds, row.path) {
        ([kind], path) if *kind == V1ALPHA1.name => format!("`{path}`"),
        (_, "") => kinds.join(", "),
        (_, path) => format!("{}: `{path}`", kinds.join(", ")),
    };
    let by = || row.by.last().map(|module| format!("`{module}`")).unwrap_or_default();
    let (effect, text) = match &row.without {
        None => ("yes".to_owned(), by()),
        Some(without) => {
            let case = case(without.when);
            let effect = match (without.why, row.by.is_empty(), case.is_empty()) {
                (Why::NoOp, ..) => "nothing".to_owned(),
                (Why::Host, true, _) => "host's affair".to_owned(),
                (Why::Host, false, true) => "host's affair, on metal yes".to_owned(),
                (Why::Host, false, false) => format!("yes, {case} host's affair, on metal yes"),
                (Why::NotBuilt, true, _) => "no".to_owned(),
                (Why::NotBuilt, false, _) => format!("yes, {case} no"),
            };
            let strong = if without.level == Level::Grave { "**" } else { "" };
            let told = format!("{strong}{}{strong}", without.so);
            let case =
                if row.by.is_empty() && !case.is_empty() { format!("{case}: ") } else { String::new() };
            let carried = if row.by.is_empty() { String::new() } else { format!("{}; else: ", by()) };
            (effect, format!("{carried}{case}{told}"))
        }
    };
    let dotted = Path::dotted(&row.path.replace("[]", ".0").replace("{}", ".key"));
    let known = |kind: &str| kind_of(kind).or((kind == V1ALPHA1.name).then_some(&V1ALPHA1));
    let none = row.by.is_empty() && row.without_in(Mode::Metal).is_some();
    let mut changes: Vec<String> = Vec::new();
    for kind in row.kinds.iter().filter(|_| !none) {
        let change = super::effect_of(known(kind), &dotted).to_string();
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    let change = if none { "–".to_owned() } else { changes.join(", ") };
    format!("| {name} | {effect} | {change} | {text} |\n")
}

/// In which case something has no effect, for people.
fn case(when: When) -> String {
    let place = |path: &str| if path.is_empty() { String::new() } else { format!("`{path}` ") };
    match when {
        When::Always => String::new(),
        When::Only(path, word) => format!("with {}`{word}`", place(path)),
        When::Unless(path, word) => format!("with {}other than `{word}`", place(path)),
        When::Outside(prefix) => format!("outside `{prefix}`"),
    }
}
