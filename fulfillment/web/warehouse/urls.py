from django.urls import path

from fulfillment.web.warehouse import board, login, papers, pick, positions, sort

WAVE = "warehouse/waves/<uuid:public_id>/"

app_name = "warehouse"
urlpatterns = [
    path("warehouse/", board.board, name="board"),
    path("warehouse/login/", login.Login.as_view(), name="login"),
    path("warehouse/logout/", login.logout, name="logout"),
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
    path(f"{WAVE}papers/<slug:kind>.<slug:suffix>", papers.paper_file, name="paper"),
]
