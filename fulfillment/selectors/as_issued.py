"""
What was due when papers were issued: what is due now, and what has been given back since.

Refunds and decisions about shortages are append-only and carry their instant, so that this is exact. Pieces that were
free and taken away before the freeze have no refund, but they were gone at every issue.
"""


def due_as_issued(only: str) -> str:
    """
    Return SQL for the pieces (sale units) due of every accepted line as of an issue of its wave's papers.

    :param only: condition on ``issue`` (fulfillment_paperissue) and ``wave``; trusted SQL, parameters by name only.

    One row for each issue and line: ``wave_id``, ``paper_version``, ``line_id``, ``order_id``, ``point_id``,
    ``sku_id``, ``due`` (0 where everything had gone back).
    """
    # What has gone since is looked up line by line: joined as a set it would be worked out anew for every line whenever
    # the planner takes a wave that was built a minute ago for a handful of rows.
    return f"""
        SELECT issue.wave_id, issue.version AS paper_version, line.id AS line_id, line.order_id, line.point_id,
               line.sku_id, line.quantity - line.short - line.refunded + coalesce((
                   SELECT sum(back.quantity - back.short) FROM groupbuy_refundline back
                   JOIN groupbuy_refund refund ON refund.id = back.refund_id
                   WHERE back.line_id = line.id AND refund.created_at > issue.issued_at
               ), 0) + coalesce((
                   SELECT sum(share.pieces) FROM fulfillment_shortageshare share
                   WHERE share.line_id = line.id AND share.decided_at > issue.issued_at
               ), 0) AS due
        FROM fulfillment_paperissue issue
        JOIN fulfillment_wave wave ON wave.id = issue.wave_id AND ({only})
        JOIN fulfillment_wavecampaign place ON place.wave_id = wave.id AND place.since_version <= issue.version
        JOIN groupbuy_orderline line ON line.campaign_id = place.campaign_id
        JOIN groupbuy_order o ON o.id = line.order_id AND o.state = 'accepted'
    """  # noqa: S608 - trusted conditions, see above
