"""Build the demo world, or continue it: what is there stays, campaigns that are about to close are opened afresh."""

from groupbuy.kernel import clock
from groupbuy.services import outbox
from leaders.demo.campaigns import (
    CLOSING_IN,
    DISPATCH_AFTER,
    book_commissions,
    open_closing,
    open_late,
    play_finished,
    play_pickup,
    play_waiting,
)
from leaders.demo.files import campaigns
from leaders.demo.fleet import load_fleet
from leaders.demo.guide import write_guide
from leaders.demo.people import load_people
from leaders.demo.places import load_catalogue, load_places


def demo_build() -> str:
    """
    Load places and people, then play the campaigns; return the guide for the visitor.

    Each campaign is played in one transaction: a start that is interrupted is continued by the next.
    """
    load_places()
    load_catalogue()
    load_people(clock.now())
    load_fleet()
    rows = campaigns()
    for row in rows:
        if row["phase"] == "finished":
            play_finished(row)
            open_late(row)
        if row["phase"] == "pickup":
            play_pickup(row)
    closing = [row for row in rows if row["phase"] == "closing"]
    play_waiting(closing[0])
    for row, minutes, dispatch_after in zip(closing, CLOSING_IN, DISPATCH_AFTER, strict=True):
        open_closing(row, minutes=minutes, dispatch_after=dispatch_after)
    book_commissions()
    outbox.relay()
    return write_guide()
