"""Chinese for the codes that history, audit trail, sweeps and ledger are written in."""

import re
from collections.abc import Mapping
from typing import Any

from groupbuy.domain.messages import TEXTS
from groupbuy.kernel.backoffice.words import name_audit, name_books, name_machine, name_sweeps
from groupbuy.models import Campaign, Order, Payment, Refund

REASONS = {
    "closed early": "提前截单",
    "cutoff": "截单",
    "free": "免支付",
    "gave up": "多次失败，转人工",
    "campaign cancelled": "活动取消",
    "group under its minimum": "未达成团条件",
    "not paid in time": "超时未支付",
    "retried": "人工重试",
    "offers under their minimum": "商品未达成团件数",
    "offer withdrawn": "商品下架",
}
FACTS = {
    "active": "有效",
    "added": "新增",
    "after": "改为",
    "before": "原为",
    "campaign": "活动",
    "changed": "修改",
    "column": "字段",
    "columns": "项目",
    "face_fen": "面值（分）",
    "fen": "金额（分）",
    "is_active": "可登录",
    "is_staff": "可进后台",
    "number": "单号",
    "orders": "订单数",
    "pay_by": "付款方式",
    "people": "人数",
    "person_id": "收件人",
    "pieces": "件数",
    "point": "自提点",
    "reason": "原因",
    "removed": "删除",
    "role": "身份",
    "roles": "角色",
    "total": "总数",
    "user": "人员",
    "warehouse": "仓库",
    "yuan": "金额（元）",
}
VALUES = {"leader": "团长", "helper": "帮手", "link": "付款链接", "operator": "运营退款", "True": "是", "False": "否"}
REFUSALS = {
    "ABNORMAL": "收款账户异常，先在商户平台处理，再重试核对",
    "BY_HAND": "不是经微信支付收的款，只能人工退款",
    "CLOSED": "渠道已关闭此退款单，重试会换新单号",
    "INVALID_REQUEST": "渠道认为请求不符合规则",
    "NOT_ENOUGH": "商户账户余额不足，充值后重试",
    "PARAM_ERROR": "渠道认为参数错误",
    "RESOURCE_NOT_EXISTS": "渠道查不到这笔付款",
    "USER_ACCOUNT_ABNORMAL": "付款人账户已注销或异常",
}
_TRY = re.compile(r"try (\d+)")


def reason_name(reason: str) -> str:
    found = _TRY.fullmatch(reason)
    return f"第 {found[1]} 次尝试" if found else REASONS.get(reason, reason)


def refusal_name(error: str) -> str:
    """Say in words why a refund did not go through, with the provider's own code; our own sentences stay."""
    code = error.partition(":")[0]
    return f"{REFUSALS[code]}（{code}）" if code in REFUSALS else error


def facts_shown(facts: Mapping[str, Any]) -> str:
    """Return ``{"role": "leader"}`` as ``身份: 团长``."""
    shown = ((FACTS.get(name, name), VALUES.get(str(value), value)) for name, value in facts.items())
    return "，".join(f"{name}: {value}" for name, value in shown) or "-"


def topic_name(topic: str) -> str:
    return TEXTS[topic][0] if topic in TEXTS else topic


for _machine, _model in {"campaign": Campaign, "order": Order, "payment": Payment, "refund": Refund}.items():
    name_machine(_machine, _model)

name_audit(
    actions={
        "account_change": "修改账号",
        "account_create": "新建账号",
        "campaign_cancel": "取消活动",
        "campaign_change": "修改活动",
        "campaign_extend": "改截单时间",
        "campaign_hold": "暂停进波次",
        "campaign_release": "恢复进波次",
        "coupon_kind_create": "新建优惠券",
        "coupon_kind_stop": "停止领券",
        "credit_grant": "发放余额",
        "difference_explain": "说明对账差异",
        "group_move": "换点换团长",
        "ktt_import": "导入快团团",
        "name_set": "修改姓名",
        "neighbour_order": "代下单",
        "offer_change": "调整商品价格库存",
        "offer_withdraw": "下架商品",
        "offers_change": "修改活动商品",
        "order_amend": "订单减件",
        "password_reset": "重设密码",
        "password_set": "设置密码",
        "phone_reveal": "查看完整手机号",
        "post_grant": "任命岗位",
        "posts_resume": "恢复岗位",
        "posts_suspend": "停用岗位",
        "promotion_create": "新建满减满折",
        "promotion_stop": "停止满减满折",
        "rebuild_balances": "重算计数",
        "refund_as_credit": "退款转余额",
        "refund_by_hand": "线下退款",
        "refund_request": "申请退款",
        "refund_retry": "重试退款",
        "rights_set": "设后台角色",
        "warehouse_post_set": "设仓库岗位",
    },
    subjects={
        "bill_difference": "对账差异",
        "campaign": "团购活动",
        "couponkind": "优惠券",
        "derived": "计数与合计",
        "group": "社区团",
        "ktt_file": "快团团文件",
        "offer": "活动商品",
        "order": "订单",
        "point": "自提点",
        "promotion": "满减满折",
        "refund": "退款单",
        "user": "用户",
        "warehouse": "仓库",
    },
)

name_sweeps(
    {
        "groupbuy.close_due_campaigns": "到点截单",
        "groupbuy.expire_unpaid_orders": "关闭超时订单",
        "groupbuy.freeze_closed_campaigns": "冻结需求",
        "groupbuy.query_payments": "主动查单",
        "groupbuy.reconcile_bills": "渠道对账",
        "groupbuy.relay_outbox": "发送通知",
        "groupbuy.send_refunds": "提交退款",
    }
)

name_books(
    accounts={
        "provider": "支付渠道",
        "held": "待履约",
        "refund_due": "应退",
        "earned": "已实现销售",
        "credit_owed": "顾客余额",
        "credit_cost": "余额支出",
    },
    entries={
        "payment": "收款",
        "payment_to_refund": "收款待退",
        "refund_intent": "发起退款",
        "refund_done": "退款到账",
        "sale": "确认销售",
        "credit_grant": "发放余额",
    },
)
