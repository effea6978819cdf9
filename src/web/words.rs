//! Numbers as pages say them.

/// `2,214`.
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("−{out}") } else { out }
}

/// How long until something has to be done: `12 days`, `1 day late`.
pub fn days_left(days: i64) -> String {
    let unit = if days.abs() == 1 { "day" } else { "days" };
    let late = if days < 0 { " late" } else { "" };
    format!("{} {unit}{late}", grouped(days.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (n, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-4100, "−4,100")]
        {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn one_day_is_a_day() {
        for (days, text) in
            [(12, "12 days"), (1, "1 day"), (0, "0 days"), (-1, "1 day late"), (-40, "40 days late")]
        {
            assert_eq!(days_left(days), text);
        }
    }
}
