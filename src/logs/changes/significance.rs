//! The statistics behind the change classes.

/// False discovery rate that is accepted.
const FALSE_DISCOVERIES: f64 = 0.05;

/// Probability that `n` events all fall by chance into a part that makes up `share` of the exposure.
pub(super) fn all_inside(share: f64, n: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "large counts have no chance anyway")]
    share.clamp(0.0, 1.0).powf(n as f64)
}

/// Log-likelihood ratio of `inside` of `total` events in a part of `share` of the exposure, against an even spread.
pub(super) fn likelihood_ratio(inside: f64, total: f64, share: f64) -> f64 {
    let (outside, expected) = (total - inside, total * share);
    let term = |seen: f64, expected: f64| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    (term(inside, expected) + term(outside, total - expected)).max(0.0)
}

/// Upper tail of the chi-square distribution with one degree of freedom, at twice a log-likelihood ratio.
pub(super) fn p_of_ratio(ratio: f64) -> f64 {
    libm::erfc(ratio.max(0.0).sqrt())
}

/// Keeps what holds at the accepted false discovery rate: the indices of the p-values that do.
pub(super) fn discoveries(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    #[expect(clippy::cast_precision_loss, reason = "numbers of patterns")]
    let bar = |rank: usize| FALSE_DISCOVERIES * (rank + 1) as f64 / p_values.len() as f64;
    let kept =
        (0..order.len()).rev().find(|&rank| p_values[order[rank]] <= bar(rank)).map_or(0, |rank| rank + 1);
    order.truncate(kept);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chi_square_tail_agrees_with_the_tables() {
        // P(chi2_1 > 3.841) = 0.05 and P(chi2_1 > 6.635) = 0.01
        assert!((p_of_ratio(3.841 / 2.0) - 0.05).abs() < 1e-4);
        assert!((p_of_ratio(6.635 / 2.0) - 0.01).abs() < 1e-4);
    }

    #[test]
    fn an_even_spread_has_no_ratio() {
        assert!(likelihood_ratio(50.0, 100.0, 0.5) < 1e-9);
        assert!(likelihood_ratio(90.0, 100.0, 0.5) > 30.0);
    }

    #[test]
    fn discoveries_follow_benjamini_and_hochberg() {
        // bars for five: 0.01, 0.02, 0.03, 0.04, 0.05
        assert_eq!(discoveries(&[0.9, 0.005, 0.018, 0.03, 0.5]), [1, 2, 3]);
        assert!(discoveries(&[0.2, 0.3]).is_empty());
        assert!(discoveries(&[]).is_empty());
    }
}
