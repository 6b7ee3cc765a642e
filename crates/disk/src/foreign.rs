//! What on a disk is not the system's own, and would be lost by an installation.

use crate::bytes::human;
use crate::facts::{Facts, TableFact};
use crate::guid::kind;
use crate::layout::{label, unfinished};

/// Everything that is foreign, each in words for the user; empty if nothing is.
///
/// On a disk with an installation the system's own partitions are not foreign; volumes of users
/// are, for what is in them is theirs.
pub fn foreign(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(content) = &facts.content {
        found.push(format!("{content} on the whole disk"));
    }
    match &facts.table {
        TableFact::None => {}
        TableFact::Dos(count) => found.push(format!("a DOS partition table with {count} partitions")),
        TableFact::Damaged(why) => found.push(format!("a damaged GPT ({why})")),
        TableFact::Gpt(gpt) => {
            let ours = gpt.table.find(label::META).is_some() || unfinished(&gpt.table);
            for partition in &gpt.table.partitions {
                let own = label::SYSTEM.contains(&partition.label.as_str());
                if ours && own {
                    continue;
                }
                let content = match facts.partitions.get(&partition.number) {
                    Some(content) => content.to_string(),
                    None => "nothing that is recognised".to_owned(),
                };
                found.push(format!(
                    "partition {} {:?} ({}, {}): {content}",
                    partition.number,
                    partition.label,
                    kind::name(partition.kind),
                    human(gpt.table.extent(partition).length),
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use crate::gpt::{Found, Partition, Table};
    use crate::guid::derive;
    use crate::layout::{Loader, fresh};

    fn with(table: Table) -> Facts {
        let table = TableFact::Gpt(Found { table, primary: true, backup: true });
        Facts { table, ..Facts::blank("/dev/sda", 8 << 30, 512) }
    }

    fn more(mut table: Table, name: &str) -> Table {
        let last = table.partitions.last().unwrap();
        let (first, number) = (last.last + 1, last.number + 1);
        let guid = derive(b"x", name);
        let (kind, label) = (kind::LINUX, name.to_owned());
        let partition = Partition { number, kind, guid, first, last: first + 2047, attributes: 0, label };
        table.partitions.push(partition);
        table
    }

    #[test]
    fn an_installation_alone_is_not_foreign_but_a_users_volume_is() {
        let own = fresh(Loader::SdBoot, 8 << 30, 512, b"x").unwrap();
        assert_eq!(foreign(&with(more(own.clone(), "EPHEMERAL"))), Vec::<String>::new());
        let mut facts = with(more(own, "u-data"));
        let content = Content { kind: "xfs", label: "u-data".to_owned(), uuid: String::new() };
        facts.partitions.insert(3, content);
        assert_eq!(foreign(&facts), ["partition 3 \"u-data\" (Linux data, 1 MiB): xfs labelled \"u-data\""]);
    }

    #[test]
    fn another_system_with_labels_like_ours_is_foreign() {
        let mut other = fresh(Loader::SdBoot, 8 << 30, 512, b"x").unwrap().without(&["META"]);
        assert_eq!(foreign(&with(other.clone())), Vec::<String>::new(), "an installation that was cut short");
        other.partitions[0].last -= 1;
        assert_eq!(
            foreign(&with(other)),
            ["partition 1 \"EFI\" (EFI system, 2 GiB): nothing that is recognised"]
        );
    }

    #[test]
    fn disks_without_a_table_are_told_too() {
        let mut facts = Facts::blank("/dev/sda", 8 << 30, 512);
        assert_eq!(foreign(&facts), Vec::<String>::new());
        facts.content = Some(Content { kind: "LVM2_member", label: String::new(), uuid: "abc".to_owned() });
        assert_eq!(foreign(&facts), ["LVM2_member (abc) on the whole disk"]);
        (facts.content, facts.table) = (None, TableFact::Dos(2));
        assert_eq!(foreign(&facts), ["a DOS partition table with 2 partitions"]);
    }
}
