"""What every sink does with a parcel, whatever the system: read, compare, write, read back.

An answer of 200 proves nothing: some systems say yes and change nothing, others let the last writer win. So what a
system did is seen by reading it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from moderator.connectors.base import Answer, Parcel, Verdict
from moderator.domain.comment import Status


@dataclass(frozen=True, slots=True)
class Found:
    """A comment as it stands at its site.

    Attributes:
        status: `pending`, `approved` or `rejected`; `None` where the comment is gone.
        body: Its text, as the source would take it in.
    """

    status: Status | None
    body: str = field(default="", repr=False)


GONE = Found(None)


def compare(parcel: Parcel, found: Found) -> Answer | None:
    """Whether what is found settles a parcel without writing.

    Returns:
        The answer, or `None` where the site still stands as we thought, and the decision may be written.
    """
    if found.status is None:
        return Answer(_WHERE_GONE[parcel.wanted], None, "It's gone from the site.")
    if found.status is parcel.wanted:
        return Answer(Verdict.TAKEN, found.status)
    if found.status is not parcel.stood:
        return Answer(Verdict.CONFLICT, found.status, f"Somebody else has it {_WORDS[found.status]} on the site.")
    if found.body != parcel.body:
        return Answer(Verdict.CONFLICT, found.status, "The text was edited on the site since it was read.")
    return None


def exchange(parcel: Parcel, read: Callable[[], Found], write: Callable[[], Answer | None]) -> Answer:
    """Delivers a parcel.

    Args:
        parcel: What is to be delivered.
        read: Reads the comment as it stands there.
        write: Writes what the parcel wants; an answer of its own ends the matter.

    Raises:
        ConnectorError: The system can't be reached or refuses us as a whole.
    """
    settled = compare(parcel, read())
    if settled is not None:
        return settled
    settled = write()
    if settled is not None:
        return settled
    after = read()
    if after.status is parcel.wanted or (after.status is None and parcel.wanted is Status.REJECTED):
        return Answer(Verdict.TAKEN, after.status)
    if after.status is parcel.stood:
        return Answer(Verdict.LATER, after.status, "The site said yes and changed nothing.")
    where = "gone" if after.status is None else _WORDS[after.status]
    return Answer(Verdict.CONFLICT, after.status, f"Somebody else changed it at the same moment: it's {where} there.")


_WHERE_GONE = {
    Status.REJECTED: Verdict.TAKEN,
    Status.PENDING: Verdict.STAYS,
    Status.APPROVED: Verdict.CONFLICT,
}
_WORDS = {Status.PENDING: "waiting", Status.APPROVED: "approved", Status.REJECTED: "rejected"}
