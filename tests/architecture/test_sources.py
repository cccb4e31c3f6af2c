"""Rules of the house that no linter knows, read from the syntax trees of every module."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import APPS, Source, sources

# Where a wall clock may be read: the clock itself, and the time inside a UUIDv7. How long something takes
# (time.monotonic) is no time of day.
CLOCKS = ("groupbuy/kernel/clock.py", "groupbuy/kernel/ids.py")
WALL_CLOCK = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|timezone\.(now|localtime|localdate)|time\.(time|time_ns|localtime|gmtime))$"
)
SQL_CLOCK = re.compile(
    r"\b(now\(\)|current_(timestamp|date|time)\b|localtime(stamp)?\b|(clock|statement|transaction)_timestamp\()", re.I
)


def where(found: Iterator[tuple[Source, int, str]]) -> list[str]:
    return [f"{source.name}:{line} {text}" for source, line, text in found]


def test_only_the_clock_reads_the_clock() -> None:
    code = (
        (source, line, text)
        for source in sources()
        if source.name not in CLOCKS
        for line, text in source.names()
        if WALL_CLOCK.search(text)
    )
    sql = (
        (source, line, match.group())
        for source in sources()
        if source.name not in CLOCKS
        for line, text in source.strings()
        for match in SQL_CLOCK.finditer(text.replace("groupbuy_now()", ""))
    )

    assert where(code) == []
    assert where(sql) == []


def test_no_string_imports_a_module_behind_the_linter() -> None:
    found = (
        (source, line, text)
        for source in sources()
        if not source.is_under("groupbuy/config/")
        for line, text in source.names()
        if re.search(r"\b(import_module|__import__|import_string)$", text)
    )

    assert where(found) == []


def test_the_roof_imports_by_name_only_what_its_lists_say() -> None:
    users = sorted(
        source.name for source in sources() if any(text.endswith("import_module") for _, text in source.names())
    )

    assert users == [
        "groupbuy/config/beat.py",
        "groupbuy/config/management/commands/check_books.py",
        "groupbuy/config/management/commands/rebuild_balances.py",
        "groupbuy/config/management/commands/sweep.py",
    ]


def test_no_float_comes_near_money() -> None:
    def floats(source: Source) -> Iterator[tuple[Source, int, str]]:
        for node in ast.walk(source.tree):
            divided = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            number = isinstance(node, ast.Constant) and isinstance(node.value, float)
            named = isinstance(node, ast.Name) and node.id in {"float", "round"}
            field = isinstance(node, ast.Attribute) and node.attr == "FloatField"
            if divided or number or named or field:
                yield source, node.lineno, ast.unparse(node)  # type: ignore[attr-defined]

    money = [f"{app}/{room}/" for app in APPS for room in ("models", "domain")]
    money += [
        f"groupbuy/services/{name}.py"
        for name in ("orders", "order_terms", "stock", "refunds", "ledger", "sales", "payments")
    ]
    money += ["groupbuy/kernel/money.py", "leaders/services/commission.py"]

    found = (each for source in sources() if source.is_under(*money) for each in floats(source))

    # domain/ktt reads another system's tables, in which Excel keeps numbers as floats.
    assert [line for line in where(found) if not line.startswith("groupbuy/domain/ktt/")] == []


def test_domain_is_plain_python() -> None:
    frameworks = {"django", "rest_framework", "celery", "redis", "psycopg", "httpx"}

    found = [
        f"{source.name} {name}"
        for source in sources()
        if "/domain/" in source.name
        for name in source.imports()
        if name.partition(".")[0] in frameworks
    ]

    assert found == []


def test_a_module_says_what_it_is_for_or_is_empty() -> None:
    # These have nothing to say that their names do not.
    silent = re.compile(r"(apps|urls|admin/__init__|models/__init__)\.py$")

    found = [
        source.name
        for source in sources()
        if source.text.strip() and not ast.get_docstring(source.tree) and not silent.search(source.name)
    ]

    assert found == []


def test_no_function_is_longer_than_sixty_lines_and_no_file_than_four_hundred() -> None:
    long_files = [source.name for source in sources() if len(source.text.splitlines()) > 400]
    long_functions = [
        f"{source.name} {function.name}"
        for source in sources()
        for function in source.functions()
        if (function.end_lineno or 0) - function.lineno >= 60
    ]

    assert long_files == []
    assert long_functions == []


def test_half_of_all_functions_have_ten_lines_or_fewer() -> None:
    lengths = sorted(
        (function.end_lineno or 0) - function.lineno + 1 for source in sources() for function in source.functions()
    )

    assert lengths[len(lengths) // 2] <= 10
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_words_that_stay_out_of_the_code() -> None:
    reminders = (
        (source, number, line.strip())
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line)
    )

    assert where(reminders) == []
    assert [source.name for source in sources() if source.name.endswith("utils.py")] == []


def test_only_a_sweep_survives_any_exception() -> None:
    def broad(source: Source) -> bool:
        return any(
            isinstance(node, ast.ExceptHandler)
            and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
            for node in ast.walk(source.tree)
        )

    # The command runs the sweeps one after another; its loop is a sweep's loop.
    assert sorted(source.name for source in sources() if broad(source)) == [
        "groupbuy/config/management/commands/sweep.py",
        "groupbuy/services/sweeping.py",
    ]


def test_nothing_is_sent_to_the_broker_but_by_the_beat() -> None:
    found = (
        (source, line, text)
        for source in sources()
        if not source.name.endswith("tasks.py")
        for line, text in source.names()
        if re.search(r"\.(delay|apply_async|send_task)$", text)
    )

    assert where(found) == []


def test_no_state_is_written_but_through_the_one_door() -> None:
    def careless(source: Source) -> Iterator[tuple[Source, int, str]]:
        for node in ast.walk(source.tree):
            written = isinstance(node, ast.Call) and {keyword.arg for keyword in node.keywords} & {"state"}
            if written and ast.unparse(node.func).endswith(".update"):  # type: ignore[attr-defined]
                yield source, node.lineno, ast.unparse(node)  # type: ignore[attr-defined]

    assert where(each for source in sources() for each in careless(source)) == []
