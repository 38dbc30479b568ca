//! `--fail-if`: how many failures are too many.

use std::str::FromStr;

use crate::report::Report;

/// More failures than this, of all tasks that ended, and the command exits with 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FailIf {
    Tasks(u64),
    /// From 0 to 1.
    Share(f64),
}

impl FailIf {
    #[expect(
        clippy::cast_precision_loss,
        reason = "shares of counts that are far below 2⁵³"
    )]
    pub(super) fn is_exceeded(self, report: &Report) -> bool {
        match self {
            Self::Tasks(most) => report.failed() > most,
            Self::Share(most) => report.failed() as f64 > most * report.total() as f64,
        }
    }
}

/// Reads `failed>10` or `failed>5%`.
impl FromStr for FailIf {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let threshold = || {
            let most = said.trim().strip_prefix("failed")?;
            let most = most.trim_start().strip_prefix('>')?.trim();
            match most.strip_suffix('%') {
                Some(percent) => {
                    let percent: f64 = percent.trim().parse().ok()?;
                    let is_share = (0.0..=100.0).contains(&percent);
                    is_share.then_some(Self::Share(percent / 100.0))
                }
                None => most.parse().map(Self::Tasks).ok(),
            }
        };
        threshold().ok_or_else(|| {
            format!("`{said}` is no threshold; write it as 'failed>10' or 'failed>5%'")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FailIf;

    #[test]
    fn thresholds_are_counts_or_shares() {
        assert_eq!("failed>5%".parse(), Ok(FailIf::Share(0.05)));
        assert_eq!(" failed > 10 ".parse(), Ok(FailIf::Tasks(10)));
        for wrong in [
            "",
            "failed",
            "failed>",
            "failed>x",
            "failed>101%",
            "failed>-1",
            "failed<5",
            "5%",
        ] {
            assert!(wrong.parse::<FailIf>().is_err(), "{wrong}");
        }
    }
}
