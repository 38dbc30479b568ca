//! What can go wrong.

/// Something that goes wrong in a [`World`](super::World).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Nobody accepts the connection.
    Refused,
    /// The connection is reset before an answer comes.
    Reset,
    /// No answer ever comes.
    Stalled,
    /// The answer takes up to two minutes.
    Slow,
    /// 429 with a `Retry-After` of up to 90 seconds.
    Throttled,
    /// 503, with a `Retry-After` that is a date, or with none.
    Unavailable,
    /// 500, 502 or 504.
    ServerError,
    /// The body breaks off with an error.
    Cut,
    /// The body stops coming, and the connection stays.
    Hung,
    /// A lie: 200 with half of the body, another body, random bytes or none.
    Garbled,
    /// A lie: 404 for what is there.
    Missing,
    /// A redirect to the same URL.
    Circle,
    /// The calendar's clock jumps by up to an hour, ahead or back.
    ClockJumped,
    /// The store takes seconds.
    SlowDisk,
    /// The store has no room: what is written is refused, which ends the run.
    DiskFull,
    /// The run was dropped by [`until_killed`](super::World::until_killed).
    Killed,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Refused,
        Self::Reset,
        Self::Stalled,
        Self::Slow,
        Self::Throttled,
        Self::Unavailable,
        Self::ServerError,
        Self::Cut,
        Self::Hung,
        Self::Garbled,
        Self::Missing,
        Self::Circle,
        Self::ClockJumped,
        Self::SlowDisk,
        Self::DiskFull,
        Self::Killed,
    ];

    /// Whether it happens to requests.
    pub(super) fn is_of_network(self) -> bool {
        !matches!(self, Self::SlowDisk | Self::DiskFull | Self::Killed)
    }
}
