"""Back office of waves, deliveries and pickups."""

from fulfillment.admin import campaign_deeds, delivery, pickups, purchases, shortages, waves
from fulfillment.models import PurchaseOrder, Stop, Wave
from groupbuy.kernel.backoffice.words import name_audit, name_machine, name_sweeps

name_machine("wave", Wave)
name_machine("purchase", PurchaseOrder)
name_machine("stop", Stop)
name_audit(
    actions={
        "crates_return": "带回周转箱",
        "handover_sign": "签收",
        "pick_close": "结束拣货",
        "route_assign": "指派车辆司机",
        "wave_join": "加入波次",
    },
    subjects={"stop": "站点", "wave": "波次"},
)
name_sweeps({"fulfillment.build_due_waves": "生成波次", "fulfillment.dispatch_due_waves": "到点发车"})

__all__ = ["campaign_deeds", "delivery", "pickups", "purchases", "shortages", "waves"]
