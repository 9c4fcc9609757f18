//! What a figure counts.

use serde::{Deserialize, Serialize};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Time, in seconds.
    Seconds,
    /// How often in a second.
    PerSecond,
    /// Things.
    Count,
    /// Size, in bytes.
    Bytes,
}

impl Unit {
    /// A figure as people read it.
    #[must_use]
    pub fn show(self, figure: f64) -> String {
        match self {
            Self::Seconds => scaled(
                figure,
                &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
            ),
            Self::PerSecond => format!("{figure:.0}/s"),
            Self::Count if figure.fract() == 0.0 => format!("{figure:.0}"),
            Self::Count => format!("{figure:.2}"),
            Self::Bytes => scaled(figure, &[(1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")]),
        }
    }
}

/// In the first unit of which there is one at least, or in the last.
fn scaled(figure: f64, units: &[(f64, &str)]) -> String {
    let fits = units.iter().find(|(size, _)| figure >= *size);
    let (size, name) = fits.or(units.last()).copied().unwrap_or((1.0, ""));
    format!("{:.1} {name}", figure / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_in_the_unit_that_fits() {
        assert_eq!(Unit::Seconds.show(0.0000000385), "38.5 ns");
        assert_eq!(Unit::Seconds.show(0.0021), "2.1 ms");
        assert_eq!(Unit::Seconds.show(71.0), "71.0 s");
        assert_eq!(Unit::Seconds.show(0.0), "0.0 ns");
        assert_eq!(Unit::Bytes.show(1_572_864.0), "1.5 MiB");
        assert_eq!(Unit::Count.show(25.0), "25");
        assert_eq!(Unit::Count.show(0.25), "0.25");
        assert_eq!(Unit::PerSecond.show(5431.2), "5431/s");
    }
}
