//! Names that somebody may have meant.

/// The name that is most like the given one, if one is like it at all.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = given.to_lowercase();
    let near = |name: &'a str| {
        let distance = strsim::osa_distance(&lower, &name.to_lowercase());
        (distance <= (name.chars().count().max(3)) / 3).then_some((distance, name))
    };
    known.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// `; did you mean salary?`, or all names there are if none is like it.
pub fn hint<'a>(given: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(given, known.clone()) {
        return format!("; did you mean `{name}`?");
    }
    let names: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => String::new(),
        1..=12 => format!("; there is {}", names.join(", ")),
        more => format!("; there is {}, and {} more", names[..12].join(", "), more - 12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_found() {
        let known = ["salary", "allowances", "month"];
        assert_eq!(nearest("salery", known), Some("salary"));
        assert_eq!(nearest("Month", known), Some("month"));
        assert_eq!(nearest("bonus", known), None);
        assert_eq!(hint("mnth", known), "; did you mean `month`?");
        assert_eq!(hint("x", known), "; there is `salary`, `allowances`, `month`");
    }
}
