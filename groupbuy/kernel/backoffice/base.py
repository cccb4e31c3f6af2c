"""What every page of the back office shares: who may do what, deeds as buttons and actions, errors as messages."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.decorators import action
from unfold.enums import ActionVariant

from groupbuy.kernel.backoffice.columns import row_url
from groupbuy.kernel.backoffice.deeds import MOST_ROWS, Deed, respond
from groupbuy.kernel.errors import DomainError

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    Tabular = admin.TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin
    from unfold.admin import TabularInline as Tabular

Action = Callable[..., HttpResponse | None]


class Admin(ModelAdmin):
    """A list with its pages. ``deeds`` become buttons and list actions for those who have the permission."""

    deeds: ClassVar[Sequence[Deed]] = ()
    actions_detail: Sequence[str] = ()
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = False
    list_fullwidth = True
    warn_unsaved_form = True
    compressed_fields = True

    def __init_subclass__(cls) -> None:
        """Give each deed the method by whose name the theme finds a button."""
        super().__init_subclass__()
        for deed in cls.deeds:
            setattr(cls, deed.name, _button(deed))
        cls.actions_detail = [deed.name for deed in cls.deeds]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add the bulk deeds that this person may do."""
        actions: dict[str, Any] = super().get_actions(request)
        if "_popup" in request.GET:
            return actions
        for deed in self.deeds:
            if deed.bulk and request.user.has_perm(deed.permission):
                actions[deed.name] = (_bulk(deed), deed.name, deed.title)
        return actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Hide the buttons that this person may not press, and those that the row's state rules out."""
        row = self.get_object(request, str(object_id))
        deeds = [deed for deed in self.deeds if row and request.user.has_perm(deed.permission) and deed.applies(row)]
        return [self.get_unfold_action(deed.name) for deed in deeds]  # type: ignore[attr-defined]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show a rule's refusal as a message on the same page instead of an error page."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(request.get_full_path())

    def change_url(self, row: Model) -> str:
        return row_url(self.model, row.pk)


class KeptAdmin(Admin):
    """Rows that may be added and changed, but never deleted: others refer to them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows that only services write: no adding, changing or deleting by hand, whoever it is."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(Tabular):
    """Rows of another table that belong to the one shown; nothing to type."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _button(deed: Deed) -> Action:
    """Make the view behind a button. ``respond`` checks the permission: the theme's own check asks the database at start."""

    def view(self: Admin, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return respond(self, request, deed, [row], back=self.change_url(row), bulk=False)

    view.__name__ = deed.name
    variant = ActionVariant.DANGER if deed.danger else ActionVariant.PRIMARY
    decorate = action(description=deed.title, url_path=deed.name, icon=deed.icon, variant=variant)
    button: Action = decorate(view)
    return button


def _bulk(deed: Deed) -> Action:
    def run(self: Admin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = list(queryset[: MOST_ROWS + 1])
        if len(rows) > MOST_ROWS:
            messages.error(request, f"一次最多处理 {MOST_ROWS} 项，请缩小筛选范围。")
            return None
        return respond(self, request, deed, rows, back=request.get_full_path(), bulk=True)

    return run


def lend(model: type[Model], deeds: Sequence[Deed]) -> None:
    """Put deeds of a later stage on the pages of an earlier stage's rows, which must not know of them."""
    page = type(admin.site.get_model_admin(model))
    assert issubclass(page, Admin)
    for deed in deeds:
        setattr(page, deed.name, _button(deed))
    page.deeds = (*page.deeds, *deeds)
    page.actions_detail = [deed.name for deed in page.deeds]
