//! Names near to one that was mistyped.

/// The nearest of the known names, best first, at most three.
pub fn nearest<'k>(typed: &str, known: &[&'k str]) -> Vec<&'k str> {
    let fold = |s: &str| s.to_ascii_lowercase().replace(['-', '_', '.', ' '], "");
    let wanted = fold(typed);
    let mut near: Vec<(f64, &'k str)> = known
        .iter()
        .map(|k| (strsim::jaro_winkler(&fold(k), &wanted), *k))
        .filter(|(score, _)| *score >= 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, k)| k).collect()
}
