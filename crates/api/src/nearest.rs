//! Names near to one that was mistyped.

/// A name without what people leave out or mix up: case, dashes, underscores, dots and spaces.
pub fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_', '.', ' '], "")
}

/// The nearest of the known names, best first, at most three.
pub fn nearest<'k>(typed: &str, known: &[&'k str]) -> Vec<&'k str> {
    let wanted = folded(typed);
    let mut near: Vec<(f64, &'k str)> = known
        .iter()
        .map(|k| (strsim::jaro_winkler(&folded(k), &wanted), *k))
        .filter(|(score, _)| *score >= 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, k)| k).collect()
}

/// The one name that was surely meant: the same but for what [`folded`] leaves out, or one slip away in a name
/// long enough that this is no chance.
pub fn surely<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let wanted = folded(typed);
    let only = |close: &dyn Fn(&str) -> bool| {
        let mut found = known.iter().filter(|k| close(&folded(k)));
        match (found.next(), found.next()) {
            (Some(one), None) => Some(*one),
            _ => None,
        }
    };
    only(&|k| k == wanted).or_else(|| {
        only(&|k| {
            wanted.len() >= 4 && strsim::osa_distance(k, &wanted) <= if wanted.len() < 8 { 1 } else { 2 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_best_first_and_sure_ones_alone() {
        let known = ["account.id", "account.alias", "region", "resource.id", "a"];
        assert_eq!(nearest("acount.id", &known).first(), Some(&"account.id"));
        assert!(nearest("zzz", &known).is_empty());
        for (typed, meant) in [
            ("ACCOUNT_ID", Some("account.id")),
            ("acount.id", Some("account.id")),
            ("regoin", Some("region")),
            ("resourceId", Some("resource.id")),
            ("b", None),
            ("account", None),
        ] {
            assert_eq!(surely(typed, &known), meant, "{typed}");
        }
        assert_eq!(surely("name", &["nam", "names"]), None, "two are as near");
    }
}
