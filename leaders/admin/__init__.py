"""Back office of leaders: applications, leaders, invite codes, commission; and the first page's numbers."""

from groupbuy.kernel.backoffice.words import name_books, name_machine, name_sweeps
from leaders.admin import applications, commission, leaders
from leaders.domain.accounts import Account, EntryKind
from leaders.models import Leader, LeaderApplication

name_machine("application", LeaderApplication)
name_machine("leader", Leader)
name_sweeps({"leaders.settle_commissions": "结算佣金"})

__all__ = ["applications", "commission", "leaders"]

name_books(
    accounts={Account.COMMISSION_COST: "佣金支出", Account.COMMISSION_OWED: "应付佣金"},
    entries={EntryKind.COMMISSION: "佣金"},
)
