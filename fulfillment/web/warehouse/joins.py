"""加入活动: campaigns that froze after the wave was built, put into it as a new version."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from fulfillment.selectors.wave_intake import Waiting, waiting
from fulfillment.services.wave_joins import wave_join
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.gates import Floor, at_wave, working
from groupbuy.kernel.errors import DomainError


class JoinForm(forms.Form):
    campaigns = forms.TypedMultipleChoiceField(
        choices=(),
        coerce=int,
        error_messages={"required": "请选择要加入的活动。", "invalid_choice": "所选活动已进入别的波次，请重新选择。"},
    )
    reason = forms.CharField(max_length=200, error_messages={"required": "请写明原因。"})

    def offer(self, found: list[Waiting]) -> None:
        """Take only what is offered."""
        self.fields["campaigns"].choices = [(each.campaign_id, each.title) for each in found]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@at_wave
def join(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show what could join and what it brings; on the press let the chosen ones in."""
    working(floor)
    wave = floor.wave
    found = waiting(warehouse_id=wave.warehouse_id, delivery_date=wave.delivery_date, wave_id=wave.pk)
    form = JoinForm(request.POST or None)
    form.offer(found)
    if request.method == "POST" and form.is_valid() and _joined(request, floor, form):
        return redirect("warehouse:wave", wave.public_id)
    return render(request, "fulfillment/warehouse/join.html", wave_context(floor) | {"found": found, "form": form})


def _joined(request: HttpRequest, floor: Floor, form: JoinForm) -> bool:
    said = form.cleaned_data
    try:
        version = wave_join(
            wave_id=floor.wave.pk, campaign_ids=said["campaigns"], reason=said["reason"], actor_id=floor.user.pk
        )
    except DomainError as error:
        messages.error(request, error.detail)
        return False
    messages.success(request, f"已加入，单据更新为 v{version}：请重新打印，并按差异调整已拣的货")
    return True
