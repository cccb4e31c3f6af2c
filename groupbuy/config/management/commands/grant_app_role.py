"""Give the application's database role what it may do, after every migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections, transaction
from psycopg import sql

# What the application only reads: the record of the migrations, the allowed moves of the state machines.
READ_ONLY_TABLES = ("django_migrations", "groupbuy_state_edge")

EVERYTHING = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
)


class Command(BaseCommand):
    help = (
        "授予应用角色所需权限，账本与审计表只可追加 / grant the application's role its rights; books stay append-only"
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default="owner", choices=list(connections))

    def handle(self, *args: Any, database: str, **options: Any) -> None:
        role = settings.DATABASE_APP_ROLE
        connection = connections[database]
        with transaction.atomic(using=database), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            if cursor.fetchone() == (role,):
                self.stderr.write("The application connects as the tables' owner, so nothing can be withheld from it.")
                return
            for statement in statements(role, set(connection.introspection.table_names(cursor))):
                cursor.execute(statement)


def statements(role: str, existing: set[str]) -> Iterator[sql.Composed]:
    """Grant everything on every table, then take back what an append-only or read-only table must not allow."""
    name = sql.Identifier(role)
    for statement in EVERYTHING:
        yield sql.SQL(statement).format(role=name)
    withheld = dict.fromkeys(settings.APPEND_ONLY_TABLES, "UPDATE, DELETE, TRUNCATE")
    withheld |= dict.fromkeys(READ_ONLY_TABLES, "INSERT, UPDATE, DELETE, TRUNCATE")
    for table, rights in withheld.items():
        if table in existing:
            yield sql.SQL(f"REVOKE {rights} ON {{table}} FROM {{role}}").format(table=sql.Identifier(table), role=name)
