//! The figures of a run: what was measured, the raw limit beside it, and the aim; and how they are
//! printed. Statistics are here so that every figure is summed up in the same way.

use std::fmt::Write as _;
use std::time::Duration;

/// What a figure is to reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// Ours divided by the raw limit is at least this.
    AtLeast(f64),
    /// Ours divided by the raw limit is at most this.
    AtMost(f64),
    /// Ours alone is at most this, in the figure's unit.
    Within(f64),
    /// It is shown beside another figure and has no aim of its own.
    None,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// The unit of both numbers.
    pub(crate) unit: &'static str,
    /// What Roundhouse does.
    pub(crate) ours: f64,
    /// What the parts below it do without it; none when there is no such thing.
    pub(crate) raw: Option<f64>,
    /// Ours divided by raw, when it is known better than by dividing the two: a median over rounds.
    pub(crate) ratio: Option<f64>,
    /// What is to be reached.
    pub(crate) aim: Aim,
    /// Percentiles, sizes of batches: whatever a reader needs to make sense of it.
    pub(crate) note: String,
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        let raw = self.raw.filter(|raw| *raw > 0.0);
        self.ratio.or_else(|| raw.map(|raw| self.ours / raw))
    }

    fn verdict(&self) -> &'static str {
        let met = match self.aim {
            Aim::AtLeast(least) => self.ratio().map(|ratio| ratio >= least),
            Aim::AtMost(most) => self.ratio().map(|ratio| ratio <= most),
            Aim::Within(most) => Some(self.ours <= most),
            Aim::None => return "",
        };
        match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "unknown",
        }
    }

    fn aim(&self) -> String {
        match self.aim {
            Aim::AtLeast(least) => format!("≥ {least} × raw"),
            Aim::AtMost(most) => format!("≤ {most} × raw"),
            Aim::Within(most) => format!("≤ {} {}", number(most), self.unit),
            Aim::None => String::new(),
        }
    }
}

/// The figures as a Markdown table, which is readable as it is.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut rows = vec![["figure", "ours", "raw limit", "ratio", "aim", "", "notes"].map(str::to_owned)];
    for figure in figures {
        rows.push([
            figure.name.clone(),
            format!("{} {}", number(figure.ours), figure.unit),
            figure
                .raw
                .map_or_else(String::new, |raw| format!("{} {}", number(raw), figure.unit)),
            figure
                .ratio()
                .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            figure.aim(),
            figure.verdict().to_owned(),
            figure.note.clone(),
        ]);
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(text, "| {cell:<width$} ", width = width(column));
        }
        text.push_str("|\n");
        if place == 0 {
            for column in 0..row.len() {
                let _ = write!(text, "| {} ", "-".repeat(width(column)));
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Three digits that mean something, thousands apart.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.3}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// The value below which this share of the values is. Sorts them.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(&mut values.to_vec(), 0.5)
}

/// For times that are shown.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
