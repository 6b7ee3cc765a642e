//! Files stay short enough to be read in one sitting.

use super::{File, Finding};

const RULE: &str = "length";

/// Lines that a file may have.
fn limit(file: &File) -> usize {
    let has = |folder: &str| file.path.split('/').any(|part| part == folder);
    match file.name() {
        "tests.rs" => 900,
        _ if has("tests") || has("benches") => 900,
        "main.rs" => 130,
        _ => 600,
    }
}

/// Rust files that are longer than they may be.
pub fn check(files: &[File]) -> Vec<Finding> {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.filter_map(|file| {
        let (lines, limit) = (file.lines().count(), limit(file));
        let message = format!("{lines} lines, at most {limit}: split it by what its parts do");
        (lines > limit).then(|| Finding { path: file.path.clone(), line: limit + 1, rule: RULE, message })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_as_long_as_its_kind_allows() {
        let file = |path: &str, lines: usize| File::new(path, &"\n".repeat(lines));
        let files = [
            file("apid/src/a.rs", 600),
            file("apid/src/b.rs", 601),
            file("apid/src/main.rs", 131),
            file("apid/tests/c.rs", 900),
            file("apid/tests/process/main.rs", 900),
            file("apid/benches/d.rs", 901),
            file("proto/src/gen/e.rs", 5000),
            file("docs/f.md", 5000),
        ];
        let found: Vec<(String, usize)> = check(&files).into_iter().map(|f| (f.path, f.line)).collect();
        let expected = [("apid/src/b.rs", 601), ("apid/src/main.rs", 131), ("apid/benches/d.rs", 901)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}
