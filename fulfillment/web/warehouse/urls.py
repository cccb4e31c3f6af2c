from django.urls import path

from fulfillment.web.warehouse import board, deeds, login, papers, pick, positions, purchases, short, sort, weigh

WAVE = "warehouse/waves/<uuid:public_id>/"
PURCHASE = "warehouse/purchases/<uuid:public_id>/"

app_name = "warehouse"
urlpatterns = [
    path("warehouse/", board.board, name="board"),
    path("warehouse/build/", deeds.build, name="build"),
    path("warehouse/login/", login.Login.as_view(), name="login"),
    path("warehouse/logout/", login.logout, name="logout"),
    path("warehouse/purchases/", purchases.purchase_list, name="purchases"),
    path(PURCHASE, purchases.purchase_page, name="purchase"),
    path(f"{PURCHASE}count/", purchases.purchase_count, name="purchase-count"),
    path(f"{PURCHASE}undo/<uuid:uuid>/", purchases.purchase_undo, name="purchase-undo"),
    path(f"{PURCHASE}close/", purchases.purchase_close, name="purchase-close"),
    path(WAVE, board.wave_page, name="wave"),
    path(f"{WAVE}live/", board.wave_live, name="wave-live"),
    path(f"{WAVE}pick/", pick.pick_page, name="pick"),
    path(f"{WAVE}pick/confirm/", pick.pick_confirm, name="pick-confirm"),
    path(f"{WAVE}pick/undo/", pick.pick_undo, name="pick-undo"),
    path(f"{WAVE}sort/", sort.sort_page, name="sort"),
    path(f"{WAVE}sort/confirm/", sort.put_confirm, name="put-confirm"),
    path(f"{WAVE}sort/all/", sort.put_all, name="put-all"),
    path(f"{WAVE}sort/undo/", sort.put_undo, name="put-undo"),
    path(f"{WAVE}positions/", positions.position_list, name="positions"),
    path(f"{WAVE}weigh/", weigh.weigh_page, name="weigh"),
    path(f"{WAVE}weigh/record/", weigh.weight_add, name="weight-add"),
    path(f"{WAVE}weigh/undo/", weigh.weight_take_back, name="weight-undo"),
    path(f"{WAVE}shortages/", short.shortage_list, name="shortages"),
    path(f"{WAVE}shortages/record/", short.shortage_add, name="shortage-add"),
    path(f"{WAVE}shortages/undo/", short.shortage_take_back, name="shortage-undo"),
    path(f"{WAVE}close/", deeds.close, name="close"),
    path(f"{WAVE}dispatch/", deeds.dispatch, name="dispatch"),
    path(f"{WAVE}void/", deeds.void, name="void"),
    path(f"{WAVE}positions/<int:position>/labels.pdf", papers.labels_file, name="labels"),
    path(f"{WAVE}papers/<slug:kind>.<slug:suffix>", papers.paper_file, name="paper"),
]
