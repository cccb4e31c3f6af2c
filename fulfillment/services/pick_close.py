"""
Closing the pick (结束拣货): what was recorded short or light is decided line by line and given back, once.

One transaction and a fixed number of statements, whatever the number of lines: dying anywhere in it leaves nothing.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.models import Wave
from fulfillment.selectors.pick_outcome import Outcome, pick_outcome
from fulfillment.services.paper_issues import papers_reissue, wave_lock
from fulfillment.services.pick_records import PickClosed
from groupbuy.domain.given_back import GivenBack
from groupbuy.kernel import clock
from groupbuy.kernel.db import GATE_WAREHOUSE_WAVES, close_gate, run
from groupbuy.services import journal
from groupbuy.services.shortage_refunds import shortage_refund

Decided = dict[int, tuple[GivenBack, int | None]]


@transaction.atomic
def pick_close(*, wave_id: int, actor_id: int | None = None) -> None:
    """
    Close the pick of a wave: allocate its shortages, refund them and what was light, issue the papers again.

    :raises PickClosed: it is closed already, or the wave dispatched or void.
    """
    if not pick_close_once(wave_id=wave_id, actor_id=actor_id):
        raise PickClosed(_("拣货已经结束，或波次已发车、已作废。"))


@transaction.atomic
def pick_close_once(*, wave_id: int, actor_id: int | None = None) -> bool:
    """Close the pick as ``pick_close`` does if it is open; return whether it was."""
    # Pickups of people with nothing left are closed below; a wave being built for the same day would open them.
    close_gate(GATE_WAREHOUSE_WAVES, Wave.objects.values_list("warehouse_id", flat=True).get(pk=wave_id))
    wave_lock(wave_id)
    now = clock.now()
    if not _stamp(wave_id, now):
        return False
    outcome = pick_outcome(wave_id, lock=True)
    decided = shortage_refund(losses=outcome.losses, now=now)
    _write_shares(outcome, decided, now)
    _write_weights(outcome, decided, now)
    _count(outcome)
    short = sum(share.pieces for share in outcome.shares)
    if short:
        _finish_pickups(wave_id, now)
    if short or outcome.weighed:  # the weight check of the new version shows what was weighed
        papers_reissue(wave_id=wave_id, reason="缺货后重出" if short else "称重后重出", actor_id=actor_id)
    journal.audit(
        action="pick_close",
        subject_kind="wave",
        subject_id=wave_id,
        now=now,
        actor_id=actor_id,
        short=short,
        orders=len({outcome.lines[line_id].order_id for line_id in decided}),
        fen=sum(back.fen for back, _line in decided.values()),
    )
    return True


def _stamp(wave_id: int, now: dt.datetime) -> bool:
    """Close it if it is open; the row that this changes is the proof of once."""
    return bool(
        run(
            "UPDATE fulfillment_wave SET pick_closed_at = %s"
            " WHERE id = %s AND state = 'built' AND pick_closed_at IS NULL",
            [now, wave_id],
        )
    )


def _write_shares(outcome: Outcome, decided: Decided, now: dt.datetime) -> None:
    run(
        """
        INSERT INTO fulfillment_shortageshare (shortage_id, line_id, pieces, refund_line_id, decided_at)
        SELECT *, %s FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[])
        """,
        [
            now,
            [share.shortage_id for share in outcome.shares],
            [share.line_id for share in outcome.shares],
            [share.pieces for share in outcome.shares],
            [decided[share.line_id][1] for share in outcome.shares],
        ],
    )


def _write_weights(outcome: Outcome, decided: Decided, now: dt.datetime) -> None:
    fen = [decided[each.line_id][0].weight_fen for each in outcome.weighed]
    run(
        """
        INSERT INTO fulfillment_weightshare (entry_id, line_id, pieces, nominal_base, real_base, amount_fen,
                                             refund_line_id, decided_at)
        SELECT *, %s FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::bigint[], %s::bigint[])
        """,
        [
            now,
            [each.entry_id for each in outcome.weighed],
            [each.line_id for each in outcome.weighed],
            [each.pieces for each in outcome.weighed],
            [each.nominal for each in outcome.weighed],
            [each.real for each in outcome.weighed],
            fen,
            [decided[each.line_id][1] if part else None for each, part in zip(outcome.weighed, fen, strict=True)],
        ],
    )


def _count(outcome: Outcome) -> None:
    """Say on every record how many of its pieces somebody goes without."""
    run(
        """
        UPDATE fulfillment_shortage shortage SET allocated = coalesce(shares.pieces, 0)
        FROM unnest(%s::bigint[]) AS counted (id)
        LEFT JOIN (SELECT shortage_id, sum(pieces) AS pieces FROM fulfillment_shortageshare
                   WHERE shortage_id = ANY(%s) GROUP BY shortage_id) AS shares ON shares.shortage_id = counted.id
        WHERE shortage.id = counted.id
        """,
        [outcome.shortage_ids, outcome.shortage_ids],
    )


def _finish_pickups(wave_id: int, now: dt.datetime) -> None:
    """Finish the pickups of people who lost their last pieces; a later wave that brings more opens them again."""
    run(
        """
        UPDATE fulfillment_pickup pickup SET done_at = %(now)s
        FROM (SELECT DISTINCT o.shopper_id, o.point_id, wave.delivery_date
              FROM fulfillment_shortageshare share
              JOIN fulfillment_shortage shortage ON shortage.id = share.shortage_id
              JOIN fulfillment_wave wave ON wave.id = shortage.wave_id
              JOIN groupbuy_orderline line ON line.id = share.line_id
              JOIN groupbuy_order o ON o.id = line.order_id
              WHERE wave.id = %(wave)s) AS loser
        WHERE pickup.shopper_id = loser.shopper_id AND pickup.point_id = loser.point_id
          AND pickup.delivery_date = loser.delivery_date AND pickup.done_at IS NULL
          AND NOT EXISTS (
              SELECT FROM groupbuy_order o JOIN groupbuy_campaign c ON c.id = o.campaign_id
              JOIN groupbuy_orderline line ON line.order_id = o.id
              WHERE o.shopper_id = pickup.shopper_id AND o.point_id = pickup.point_id AND o.state = 'accepted'
                AND c.delivery_date = pickup.delivery_date
                AND line.collected < line.quantity - line.short - line.refunded)
        """,
        {"wave": wave_id, "now": now},
    )
