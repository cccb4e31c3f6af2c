"""People: one account for shoppers, leaders and staff; what they may do hangs on rows, not on a type."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from groupbuy.domain.words import PointRole
from groupbuy.kernel import privacy
from groupbuy.kernel.ids import uuid7


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, *, phone: str = "", **fields: Any) -> "User":
        """
        Create an account; ``phone`` (eleven digits or empty) is sealed. No password means it can log in by code
        only.
        """
        user = self.model(username=username, **fields)
        user.keep_phone(phone)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def with_phone(self, phone: str) -> models.QuerySet["User"]:
        return self.filter(phone_hash=privacy.blind(phone))


class User(AbstractBaseUser, PermissionsMixin):
    """``phone_hash`` finds the account, ``phone_sealed`` gives the number back to those who may see it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    username = models.CharField("登录名", max_length=64, unique=True)
    display_name = models.CharField("姓名", max_length=64, blank=True)
    phone_sealed = models.TextField(blank=True, editable=False)
    phone_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 - NULL: no phone, so that UNIQUE holds
    is_active = models.BooleanField("可登录", default=True)
    is_staff = models.BooleanField("后台人员", default=False)
    created_at = models.DateTimeField("注册时间", auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.display_name or self.username

    def keep_phone(self, phone: str) -> None:
        """Set the phone's two columns; does not save."""
        self.phone_sealed = privacy.seal(phone)
        self.phone_hash = privacy.blind(phone) if phone else None

    @property
    def phone(self) -> str:
        """The full number. Only for the person himself and for logged unmasking."""
        return privacy.unseal(self.phone_sealed)

    @property
    def masked_phone(self) -> str:
        return privacy.mask_phone(self.phone) if self.phone_sealed else ""


class PointStaff(models.Model):
    """
    May this person sell, sign, hand out and order for neighbours at this point? Written on approval and suspension.
    """

    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="staff", verbose_name="自提点")
    user = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="point_posts", verbose_name="人员")
    role = models.CharField("身份", max_length=16, choices=[(PointRole.LEADER, "团长"), (PointRole.HELPER, "帮手")])
    active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "自提点人员"
        verbose_name_plural = "自提点人员"
        constraints = (models.UniqueConstraint(fields=["point", "user"], name="pointstaff_once"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.point}"


class WarehouseStaff(models.Model):
    """May this person see and work the papers of this warehouse?"""

    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="staff", verbose_name="仓库")
    user = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="warehouse_posts", verbose_name="人员")
    active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "仓库人员"
        verbose_name_plural = "仓库人员"
        constraints = (models.UniqueConstraint(fields=["warehouse", "user"], name="warehousestaff_once"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.warehouse}"
