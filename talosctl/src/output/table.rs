//! Tables as the field prints them: columns padded by three blanks, no borders (contract api.md 8.1).

use super::print;

/// Blanks between columns.
const GAP: usize = 3;

/// A table that is printed as a whole.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    gap: usize,
}

impl Table {
    /// A table with this heading.
    pub fn new<S: Into<String>>(heading: impl IntoIterator<Item = S>) -> Self {
        let mut table = Self::plain();
        table.row(heading);
        table
    }

    /// A table without heading.
    pub fn plain() -> Self {
        Self { rows: Vec::new(), gap: GAP }
    }

    /// Columns apart by another number of blanks.
    pub fn with_gap(mut self, gap: usize) -> Self {
        self.gap = gap;
        self
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The text. The last cell of a row is not padded.
    pub fn render(&self) -> String {
        let mut widths = Vec::new();
        for row in &self.rows {
            widen(&mut widths, row);
        }
        self.rows.iter().map(|row| line(row, &widths, self.gap)).collect()
    }

    /// Prints it. A reader that went away is no error.
    pub fn print(&self) -> anyhow::Result<()> {
        print(&self.render())
    }
}

/// A table whose rows are printed as they come: columns only ever grow.
#[derive(Debug, Default)]
pub struct LiveTable {
    widths: Vec<usize>,
}

impl LiveTable {
    /// The text of the next row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> String {
        let row: Vec<String> = cells.into_iter().map(Into::into).collect();
        widen(&mut self.widths, &row);
        line(&row, &self.widths, GAP)
    }
}

fn widen(widths: &mut Vec<usize>, row: &[String]) {
    if widths.len() < row.len() {
        widths.resize(row.len(), 0);
    }
    // The last cell of a row bounds no column.
    let padded = row.len().saturating_sub(1);
    for (width, cell) in widths.iter_mut().zip(row).take(padded) {
        *width = (*width).max(cell.chars().count());
    }
}

fn line(row: &[String], widths: &[usize], gap: usize) -> String {
    let mut text = String::new();
    for (index, cell) in row.iter().enumerate() {
        text.push_str(cell);
        if index + 1 < row.len() {
            let width = widths.get(index).copied().unwrap_or(0) + gap;
            text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_three_blanks() {
        let mut table = Table::new(["NODE", "SERVICE", "STATE"]);
        table.row(["10.5.0.2", "apid", "Running"]);
        assert_eq!(table.render(), "NODE       SERVICE   STATE\n10.5.0.2   apid      Running\n");
    }

    #[test]
    fn rows_of_a_live_table_fit_what_was_printed_before() {
        let mut table = LiveTable::default();
        assert_eq!(table.row(["NODE", "ID"]), "NODE   ID\n");
        assert_eq!(table.row(["10.5.0.2", "x"]), "10.5.0.2   x\n");
        assert_eq!(table.row(["a", "x"]), "a          x\n");
    }
}
