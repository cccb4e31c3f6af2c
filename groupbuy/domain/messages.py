"""Texts of the messages that people get in the app: topic -> (title, body). Facts come from the outbox payload."""

from collections.abc import Mapping
from typing import Any

TEXTS = {
    "order.paid": ("支付成功", "订单 {number} 已支付 {yuan} 元，截单后我们会为您备货。"),
    "order.expired": ("订单已关闭", "订单 {number} 未在时限内支付，已自动关闭。"),
    "order.amended": ("订单已减件", "订单 {number} 已减件，多付的金额会原路退回。"),
    "order.cancelled": ("订单已取消", "订单 {number} 已取消。已付金额会原路退回。"),
    "order.withdrawn": ("订单已关闭", "订单 {number} 中有商品已下架或活动已取消，未付款的订单已关闭，需要请重新下单。"),
    "offer.withdrawn": ("商品已下架", "订单 {number} 中的 {name} 已下架，{yuan} 元会原路退回。"),
    "offer.failed": ("商品未成团", "订单 {number} 中的 {name} 未达到成团件数，{yuan} 元会原路退回。"),
    "order.short": ("缺货退款", "订单 {number}：{goods}，{yuan} 元会原路退回。"),
    "order.short_free": ("缺货", "订单 {number}：{goods}，没有收费，所以没有退款。抱歉让您失望。"),
    "order.weighed": ("称重退差", "订单 {number}：{goods}，差价 {yuan} 元会原路退回。"),
    "campaign.cancelled": ("活动已取消", "订单 {number} 所在的活动已取消，已付 {yuan} 元会原路退回。"),
    "campaign.extended": ("截单时间有变", "{title} 的截单时间改为 {cutoff}，请转告群里的邻居。"),
    "group.failed": ("未成团", "订单 {number} 所在的团未达到成团条件，已付 {yuan} 元会原路退回。"),
    "group.moved": ("提货点有变", "您订的货改到 {point}（{address}）提，由 {leader} 接待，商品和价格不变。"),
    "group.given": ("您的团已转出", "{title} 在 {point} 的 {orders} 单已转到 {to_point}，由别的团长接待。"),
    "group.received": ("您接到一个团", "{title}：{orders} 单、{pieces} 件从 {from_point} 转到 {point}，由您接待。"),
    "refund.done": ("退款到账", "订单 {number} 的退款 {yuan} 元已原路退回。"),
    "refund.as_credit": ("退款已转余额", "订单 {number} 的退款 {yuan} 元已转入您的余额，下单后可用余额支付。"),
    "credit.granted": ("余额到账", "您收到 {yuan} 元余额：{reason}。下单后可用余额支付。"),
    "payment.returned": ("付款已退回", "订单 {number} 的一笔付款 {yuan} 元未计入订单，将原路退回。"),
    "delivery.on_the_way": ("货品已发车", "{point} 的货品已从 {warehouse} 发出，到货后请清点签收。"),
    "delivery.arrived": ("货品已送到", "{point} 的货品已送到，请清点后签收。"),
    "delivery.unloaded": ("货品已到达", "您在 {point} 的团购商品已到达，等待团长签收；签收后会通知您来提货。"),
    "delivery.problem": ("配送遇到问题", "司机在 {point} 报告：{problem}。请留意仓库或司机的电话。"),
    "pickup.ready": ("到货啦，请提货", "您在 {point} 的团购商品已到，请凭提货码提货。"),
    "pickup.done": ("提货完成", "您在 {point} 的商品已提货。不是您本人提的？请马上联系团长。"),
    "leader.approved": ("团长申请已通过", "恭喜，{point} 已开通。请登录团长工作台查看今天的团。"),
    "leader.rejected": ("团长申请未通过", "原因：{reason}。修改后可以重新提交。"),
}


def compose(topic: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """
    Return title and body of a message.

    :raises KeyError: the topic is unknown or a fact is missing.
    """
    title, body = TEXTS[topic]
    return title, body.format_map(facts)
