from leaders.models.commission import CommissionEntry
from leaders.models.leader import InviteCode, Leader, LeaderApplication

__all__ = ["CommissionEntry", "InviteCode", "Leader", "LeaderApplication"]
