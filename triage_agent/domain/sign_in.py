"""For how long a sign-in holds, and how long somebody waits after wrong passwords."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_agent.domain.instant import require_utc
from triage_agent.domain.visitor import Role

# Seeing a session is written down at most so often: a page asks for much at once.
SEEN_EVERY = timedelta(minutes=1)
# A wrong password counts for so long.
FAILURES_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in that lasts until it ends or expires.

    Attributes:
        digest: SHA-256, in hexadecimal, of the random number that the browser holds. The number
            itself is kept nowhere.
        name: who signed in.
        roles: what they may do; of a user with a password, always those of the user.
        is_local: whether a user with a password signed in; otherwise somebody else, such as an
            identity provider, answers for name and roles, which were those of then.
        began_at: when they signed in, UTC.
        seen_at: when they last did something, UTC.
        address: of the network peer that signed in.
    """

    digest: str
    name: str
    roles: frozenset[Role]
    is_local: bool
    began_at: datetime
    seen_at: datetime
    address: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a time that is not in UTC."""
        require_utc(self.began_at, "began_at")
        require_utc(self.seen_at, "seen_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """After what a sign-in expires.

    Attributes:
        idle: so long after somebody last did something.
        absolute: so long after they signed in, whatever they do.
    """

    idle: timedelta
    absolute: timedelta

    def expires_at(self, session: Session) -> datetime:
        """Return the instant from which the session no longer holds."""
        return min(session.seen_at + self.idle, session.began_at + self.absolute)

    def holds(self, session: Session, now: datetime) -> bool:
        """Say whether the session still lets its bearer in."""
        return now < self.expires_at(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Wrong passwords that still count, for one name or from one address."""

    count: int
    last_at: datetime

    def __post_init__(self) -> None:
        """Raise ValueError for a time that is not in UTC."""
        require_utc(self.last_at, "last_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How the time until the next attempt grows: it doubles with each wrong password.

    Attributes:
        free: so many wrong passwords cost nothing.
        longest: nobody waits longer than this, or anybody could lock a reader out for a day.
    """

    free: int
    longest: timedelta

    def delay(self, count: int) -> timedelta:
        """Return how long to wait after so many wrong passwords."""
        if count <= self.free:
            return timedelta()
        # 2 to the power of 20 seconds is more than any limit, and fits a timedelta.
        return min(timedelta(seconds=2 ** min(count - self.free - 1, 20)), self.longest)

    def waits_until(self, failures: Failures | None, now: datetime) -> datetime | None:
        """Return until when an attempt is not looked at, None if it is now."""
        if failures is None:
            return None
        # The last one may be later than now: the clock was set back, or two came at once.
        until = min(failures.last_at, now) + self.delay(failures.count)
        return until if until > now else None


# A person mistypes; a program that guesses does nothing else. Many share an address behind a
# router, so an address is given more.
NAME_THROTTLE = Throttle(free=3, longest=timedelta(minutes=5))
ADDRESS_THROTTLE = Throttle(free=20, longest=timedelta(minutes=15))
