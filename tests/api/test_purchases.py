"""Purchase orders at the warehouse's door: their paper, with costs, is for staff with the right to them."""

from fulfillment.models import Wave
from tests.api.callers import Caller, problem
from tests.world import World, build_wave, place_and_pay


def bought(world: World) -> Wave:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    return build_wave(campaign=world.campaign)


def test_a_picker_gets_every_paper_but_the_one_with_costs(world: World, picker: Caller, staff: Caller) -> None:
    papers = f"warehouse/waves/{bought(world).public_id}/papers"

    assert problem(picker.get(f"{papers}/purchase/")) == (403, "forbidden", None)
    assert picker.get(f"{papers}/pick/").status_code == 200
    assert staff.get(f"{papers}/purchase/").status_code == 200


def test_one_suppliers_paper_is_a_file_of_his_own(world: World, staff: Caller) -> None:
    papers = f"warehouse/waves/{bought(world).public_id}/papers"

    answer = staff.get(f"{papers}/purchase/", **{"as": "csv", "supplier": "S1"})

    assert answer.status_code == 200
    assert "-S1-v1.csv" in answer.headers["Content-Disposition"]
    assert problem(staff.get(f"{papers}/purchase/", supplier="S2")) == (404, "paper_missing", None)
    assert problem(staff.get(f"{papers}/pick/", supplier="S1")) == (404, "paper_missing", None)
