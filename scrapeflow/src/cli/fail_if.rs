//! `--fail-if`: how many failures are too many.

use super::exit::Failure;
use crate::report::Report;

/// More failures than this, of all tasks that ended, and the command exits with 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FailIf {
    Tasks(u64),
    /// From 0 to 1.
    Share(f64),
}

impl FailIf {
    /// Reads `failed>10` or `failed>5%`.
    pub(super) fn read(said: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::usage(format!(
                "--fail-if: `{said}` is no threshold; write it as 'failed>10' or 'failed>5%'"
            ))
        };
        let most = said.trim().strip_prefix("failed").ok_or_else(wrong)?;
        let most = most
            .trim_start()
            .strip_prefix('>')
            .ok_or_else(wrong)?
            .trim();
        match most.strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                let is_share = (0.0..=100.0).contains(&percent);
                is_share
                    .then_some(Self::Share(percent / 100.0))
                    .ok_or_else(wrong)
            }
            None => most.parse().map(Self::Tasks).map_err(|_| wrong()),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::FailIf;

    #[test]
    fn thresholds_are_counts_or_shares() {
        assert_eq!(FailIf::read("failed>5%").ok(), Some(FailIf::Share(0.05)));
        assert_eq!(FailIf::read(" failed > 10 ").ok(), Some(FailIf::Tasks(10)));
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
            assert!(FailIf::read(wrong).is_err(), "{wrong}");
        }
    }
}
