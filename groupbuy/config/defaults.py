"""
The trade's own numbers: windows, rates and limits, each with the default that practitioners use.

Every one can be set by an environment variable of the same name. Money is fen, rates are basis points
(100 = 1 %), times are seconds unless the name says otherwise, hours of the day are Asia/Shanghai.
"""

from groupbuy.config.environment import integer, text

# Ordering and payment
GROUPBUY_PAY_WINDOW_SECONDS = integer("GROUPBUY_PAY_WINDOW_SECONDS", 15 * 60)
# How long after the cutoff (截单) a payment that was begun before it still counts.
GROUPBUY_PAYMENT_GRACE_SECONDS = integer("GROUPBUY_PAYMENT_GRACE_SECONDS", 3 * 60)
# How long a freeze asks the provider about pending payments before it cancels what is unpaid.
GROUPBUY_LAST_QUERY_SECONDS = integer("GROUPBUY_LAST_QUERY_SECONDS", 20)
GROUPBUY_REFUNDS_PER_PAYMENT = integer("GROUPBUY_REFUNDS_PER_PAYMENT", 50)
# Between two refunds of one payment; those that wait are sent together as one.
GROUPBUY_REFUND_GAP_SECONDS = integer("GROUPBUY_REFUND_GAP_SECONDS", 60)
GROUPBUY_REFUND_DAYS = integer("GROUPBUY_REFUND_DAYS", 365)
# From when the provider's bill of the day before can be fetched.
GROUPBUY_BILL_HOUR = integer("GROUPBUY_BILL_HOUR", 10)
# Store credit (余额): what one grant, and what one operator in a day, may give away.
GROUPBUY_CREDIT_GRANT_MAX_FEN = integer("GROUPBUY_CREDIT_GRANT_MAX_FEN", 50_000)
GROUPBUY_CREDIT_GRANT_DAY_FEN = integer("GROUPBUY_CREDIT_GRANT_DAY_FEN", 200_000)
GROUPBUY_CUTOFF_HOUR = integer("GROUPBUY_CUTOFF_HOUR", 23)
GROUPBUY_OPEN_HOUR = integer("GROUPBUY_OPEN_HOUR", 6)
# For how many people one leader may order (代下单) in a day; each may be an account that is made for it.
GROUPBUY_NEIGHBOURS_PER_DAY = integer("GROUPBUY_NEIGHBOURS_PER_DAY", 100)
GROUPBUY_SWEEP_ATTEMPTS = integer("GROUPBUY_SWEEP_ATTEMPTS", 5)

# Pickup
GROUPBUY_FIRST_REMINDER_HOURS = integer("GROUPBUY_FIRST_REMINDER_HOURS", 4)
GROUPBUY_HOLD_FRESH_HOURS = integer("GROUPBUY_HOLD_FRESH_HOURS", 24)
GROUPBUY_HOLD_HOURS = integer("GROUPBUY_HOLD_HOURS", 72)
GROUPBUY_PICKUP_CODE_TRIES = integer("GROUPBUY_PICKUP_CODE_TRIES", 10)
GROUPBUY_PICKUP_CODE_TRIES_SECONDS = integer("GROUPBUY_PICKUP_CODE_TRIES_SECONDS", 10 * 60)

# After-sales (售后), counted from the pickup
GROUPBUY_CLAIM_FRESH_HOURS = integer("GROUPBUY_CLAIM_FRESH_HOURS", 24)
GROUPBUY_CLAIM_HOURS = integer("GROUPBUY_CLAIM_HOURS", 48)
GROUPBUY_CLAIM_PHOTOS = integer("GROUPBUY_CLAIM_PHOTOS", 9)

# Leaders (团长)
GROUPBUY_DEFAULT_COMMISSION_BP = integer("GROUPBUY_DEFAULT_COMMISSION_BP", 1000)
GROUPBUY_GROUP_SIZE_MINIMUM = integer("GROUPBUY_GROUP_SIZE_MINIMUM", 50)
GROUPBUY_WITHDRAWAL_MINIMUM_FEN = integer("GROUPBUY_WITHDRAWAL_MINIMUM_FEN", 1000)
GROUPBUY_UNTAXED_MONTHLY_FEN = integer("GROUPBUY_UNTAXED_MONTHLY_FEN", 625_000)

# How often every sweep looks for due work.
GROUPBUY_SWEEP_SECONDS = integer("GROUPBUY_SWEEP_SECONDS", 5)
# When the trucks leave on the delivery date, unless the campaign says otherwise.
GROUPBUY_DISPATCH_TIME = text("GROUPBUY_DISPATCH_TIME", "05:00")

# Warehouse: how many sale units a crate holds, and minutes from one stop to the next, for estimates on papers.
GROUPBUY_PIECES_PER_CRATE = integer("GROUPBUY_PIECES_PER_CRATE", 20)
GROUPBUY_MINUTES_PER_STOP = integer("GROUPBUY_MINUTES_PER_STOP", 10)

# Routes: how much longer the road is than the straight line, in hundredths, how fast a van gets on in a city, how long
# one delivery takes; how long a search for better routes may take, and for how many stops it is tried at all.
GROUPBUY_ROUTE_DETOUR_PERCENT = integer("GROUPBUY_ROUTE_DETOUR_PERCENT", 130)
GROUPBUY_ROUTE_SPEED_KMH = integer("GROUPBUY_ROUTE_SPEED_KMH", 25)
GROUPBUY_ROUTE_SERVICE_SECONDS = integer("GROUPBUY_ROUTE_SERVICE_SECONDS", 5 * 60)
GROUPBUY_ROUTE_BUDGET_SECONDS = integer("GROUPBUY_ROUTE_BUDGET_SECONDS", 20)
GROUPBUY_ROUTE_MOST_STOPS = integer("GROUPBUY_ROUTE_MOST_STOPS", 2000)
# How long a driver's link without log-in is good for.
GROUPBUY_DRIVER_LINK_HOURS = integer("GROUPBUY_DRIVER_LINK_HOURS", 24)

# Long papers (单据任务): hours for which a finished file can be fetched, and seconds after which a worker that no longer
# reports is taken for dead.
GROUPBUY_PAPER_HOURS = integer("GROUPBUY_PAPER_HOURS", 24)
GROUPBUY_PAPER_LEASE_SECONDS = integer("GROUPBUY_PAPER_LEASE_SECONDS", 60)

# The recommender of a leader: a share of that leader's sales, for a limited time (never more than one level).
GROUPBUY_RECOMMENDER_BP = integer("GROUPBUY_RECOMMENDER_BP", 100)
GROUPBUY_RECOMMENDER_DAYS = integer("GROUPBUY_RECOMMENDER_DAYS", 180)
