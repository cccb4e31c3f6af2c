"""Back office of waves, deliveries and pickups."""

from fulfillment.admin import campaign_deeds, delivery, fleet, pickups, purchases, shortages, waves
from fulfillment.models import PaperJob, PurchaseOrder, RoutePlan, Stop, Wave
from groupbuy.kernel.backoffice.words import name_audit, name_machine, name_sweeps

name_machine("wave", Wave)
name_machine("purchase", PurchaseOrder)
name_machine("stop", Stop)
name_machine("routeplan", RoutePlan)
name_machine("paperjob", PaperJob)
name_audit(
    actions={
        "crates_return": "带回周转箱",
        "driver_link_end": "作废司机链接",
        "driver_link_make": "生成司机链接",
        "handover_sign": "签收",
        "pick_close": "结束拣货",
        "route_assign": "指派车辆司机",
        "stop_move": "移动站点",
        "wave_join": "加入波次",
    },
    subjects={"route": "线路", "stop": "站点", "wave": "波次"},
)
name_sweeps(
    {
        "fulfillment.build_due_waves": "生成波次",
        "fulfillment.clear_papers": "清理过期单据",
        "fulfillment.dispatch_due_waves": "到点发车",
        "fulfillment.make_papers": "制作大单据",
        "fulfillment.plan_asked_routes": "优化线路",
    }
)

__all__ = ["campaign_deeds", "delivery", "fleet", "pickups", "purchases", "shortages", "waves"]
