//! Costs as a table of Markdown.

use std::fmt::Write as _;

use super::Costs;

/// A table, with its groups in the order of these names.
#[must_use]
pub fn table(costs: &Costs, order: &[&str]) -> String {
    let mut text = String::from(
        "| measure | baseline | baseline's figure | figure | | aim | |\n\
         | --- | --- | ---: | ---: | ---: | --- | --- |\n",
    );
    let mut machines: Vec<&str> = Vec::new();
    for (_, group) in costs.in_order(order) {
        if !machines.contains(&group.on.as_str()) {
            machines.push(&group.on);
        }
        for it in &group.measures {
            let (aim, met) = match (it.aim, it.is_met()) {
                (Some(aim), Some(true)) => (aim.words(it.unit), "met"),
                (Some(aim), _) => (aim.words(it.unit), "**missed**"),
                (None, _) => (String::new(), ""),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {aim} | {met} |",
                text_of(&it.subject),
                text_of(&it.baseline),
                it.unit.show(it.theirs),
                it.unit.show(it.ours),
                it.relation(),
            );
        }
    }
    let _ = write!(text, "\nMeasured on {}.\n", machines.join("; on "));
    text
}

/// Text that is neither HTML nor the end of a cell.
fn text_of(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use xoxoday_bench::{Aim, Measure, Unit};

    use super::super::Group;
    use super::*;

    fn group(subject: &str, ours: f64, aim: Option<Aim>) -> Group {
        let measure = Measure {
            subject: subject.to_owned(),
            baseline: "by hand".to_owned(),
            unit: Unit::Count,
            theirs: 10.0,
            ours,
            aim,
        };
        Group {
            on: "two cores".to_owned(),
            measures: vec![measure],
        }
    }

    #[test]
    fn each_figure_stands_beside_its_baseline_and_its_aim() {
        let mut costs = Costs::default();
        costs.renew("b", group("reads", 12.0, Some(Aim::AtMost(1.5))));
        costs.renew("a", group("calls", 22.0, Some(Aim::More(10.0))));
        costs.renew("c", group("starts | Vec<u8>", 7.0, None));
        let table = table(&costs, &["b", "a"]);
        let lines: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| reads | by hand | 10 | 12 | 1.20× | ≤ 1.5× | met |",
                "| calls | by hand | 10 | 22 | +12 | ≤ +10 | **missed** |",
                "| starts \\| Vec&lt;u8> | by hand | 10 | 7 | 0.70× |  |  |",
                "",
                "Measured on two cores."
            ]
        );
    }
}
