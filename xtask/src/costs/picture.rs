//! Costs as a picture: a bar for each figure with an aim, and a line where the aim
//! is.

use svg::Document;
use svg::node::element::{Line, Rectangle, Text};
use xoxoday_bench::{Aim, Measure};

use super::Costs;

const WIDTH: f64 = 1060.0;
const ROW: f64 = 22.0;
const TOP: f64 = 44.0;
/// Where bars begin, and how long one is that just meets its aim.
const BARS: f64 = 520.0;
const AIM: f64 = 200.0;
/// A bar ends here, however far its figure is from the aim.
const MOST: f64 = 1.5;

const INK: &str = "#24292f";
const MET: &str = "#2da44e";
const MISSED: &str = "#bf8700";

/// An SVG, with the groups in the order of these names. It holds no blank line, so
/// that it can stand in Markdown.
#[must_use]
pub fn picture(costs: &Costs, order: &[&str]) -> String {
    let groups = costs.in_order(order);
    let measures = groups.iter().flat_map(|(_, group)| &group.measures);
    let rows: Vec<_> = measures.filter_map(|it| Some((it, it.aim?))).collect();
    let height = TOP + ROW * rows.len() as f64 + 12.0;
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("font-family", "system-ui, sans-serif")
        .set("font-size", 12)
        .add(rectangle([0.0, 0.0, WIDTH, height], "#ffffff"))
        .add(text(BARS + AIM, 20.0, "middle", "aim"));
    for (place, (measure, aim)) in rows.iter().enumerate() {
        let y = TOP + ROW * place as f64;
        let used = aim.used(measure.theirs, measure.ours);
        let used = if used.is_finite() { used } else { MOST };
        let colour = match measure.is_met() {
            Some(true) => MET,
            _ => MISSED,
        };
        let length = AIM * used.clamp(0.01, MOST);
        let told = format!("{} ({})", measure.relation(), aim.words(measure.unit));
        document = document
            .add(text(BARS - 8.0, y + 12.0, "end", &label(measure, &rows)))
            .add(rectangle([BARS, y, length, ROW - 6.0], colour))
            .add(text(BARS + AIM * MOST + 8.0, y + 12.0, "start", &told));
    }
    let line = Line::new()
        .set("x1", BARS + AIM)
        .set("x2", BARS + AIM)
        .set("y1", TOP - 18.0)
        .set("y2", height - 10.0)
        .set("stroke", INK)
        .set("stroke-dasharray", "3 3");
    let mut text = document.add(line).to_string();
    text.push('\n');
    text
}

/// What was measured, and beside what where that tells it from another.
fn label(measure: &Measure, rows: &[(&Measure, Aim)]) -> String {
    let alike = rows.iter().filter(|(it, _)| it.subject == measure.subject);
    match alike.count() {
        1 => measure.subject.clone(),
        _ => format!("{} / {}", measure.subject, measure.baseline),
    }
}

fn rectangle([x, y, width, height]: [f64; 4], fill: &str) -> Rectangle {
    Rectangle::new()
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
        .set("fill", fill)
}

fn text(x: f64, y: f64, anchor: &str, text: &str) -> Text {
    Text::new(text)
        .set("x", x)
        .set("y", y)
        .set("text-anchor", anchor)
        .set("fill", INK)
}

#[cfg(test)]
mod tests {
    use xoxoday_bench::Unit;

    use super::super::Group;
    use super::*;

    #[test]
    fn a_bar_reaches_the_line_where_its_figure_reaches_its_aim() {
        let measure = |subject: &str, ours, aim| Measure {
            subject: subject.to_owned(),
            baseline: String::new(),
            unit: Unit::Count,
            theirs: 10.0,
            ours,
            aim,
        };
        let mut costs = Costs::default();
        let measures = vec![
            measure("at its aim", 15.0, Some(Aim::AtMost(1.5))),
            measure("a < b & far beyond", 1000.0, Some(Aim::AtMost(1.5))),
            measure("without an aim", 1.0, None),
        ];
        let on = String::new();
        costs.renew("a", Group { on, measures });
        let svg = picture(&costs, &[]);
        assert!(
            svg.contains(&format!("fill=\"{MET}\" height=\"16\" width=\"200\"")),
            "{svg}"
        );
        assert!(
            svg.contains(&format!("fill=\"{MISSED}\" height=\"16\" width=\"300\"")),
            "{svg}"
        );
        assert!(svg.contains("a &lt; b &amp; far beyond"), "{svg}");
        assert!(!svg.contains("without an aim"), "{svg}");
        assert!(svg.lines().all(|line| !line.trim().is_empty()));
    }
}
