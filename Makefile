# make            list of targets
VENV := .venv
BIN  := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test bench bench-quick lint format browser faults faults-quick faults-full css lock clean

help: ## 显示本列表 / this list
	@awk -F ":.*## " '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

$(VENV)/.stamp-demo: requirements/demo.txt requirements/uv.txt requirements/install
	@requirements/install $(VENV) requirements/demo.txt
	@touch $@

$(VENV)/.stamp-dev: requirements/dev.txt requirements/uv.txt requirements/install
	@requirements/install $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.stamp-demo

demo: $(VENV)/.stamp-demo ## 一条命令跑起全部服务和演示数据 / run everything with demo data (PORT=8000)
	@exec $(BIN)/python manage.py demo

demo-reset: $(VENV)/.stamp-demo ## 清空演示数据后重新开始 / wipe the demo's data and start afresh
	@exec $(BIN)/python manage.py demo --reset

test: $(VENV)/.stamp-dev ## 全部测试（自带 PostgreSQL 与 Redis）/ all tests but the browser's, on their own servers
	$(BIN)/pytest -m "not browser" --numprocesses=2 $(ARGS)

bench: $(VENV)/.stamp-dev ## 测速（写 docs/benchmarks.md）/ measure speed against raw SQL, 1,000,000 orders, about a quarter of an hour
	$(BIN)/python -m tests.bench $(ARGS)

bench-quick: $(VENV)/.stamp-dev ## 快速测速 / the same with 100,000 orders, a few minutes
	$(BIN)/python -m tests.bench --quick $(ARGS)

browser: $(VENV)/.stamp-dev ## 浏览器测试（需要 chromium）/ browser tests (need chromium)
	$(BIN)/pytest -m browser $(ARGS)

faults: $(VENV)/.stamp-dev ## 故障注入：不丢、不重、分毫不差 / faults on purpose, with controls (ARGS="--only B8 --seed 7")
	$(BIN)/python -m tests.faults --tier push $(ARGS)

faults-quick: $(VENV)/.stamp-dev ## 故障注入，三分钟内 / the same in three minutes
	$(BIN)/python -m tests.faults --tier quick $(ARGS)

faults-full: $(VENV)/.stamp-dev ## 故障注入，一小时内 / the same in an hour
	$(BIN)/python -m tests.faults --tier full $(ARGS)

lint: $(VENV)/.stamp-dev ## 静态检查 / every static check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check --lint groupbuy fulfillment leaders
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: $(VENV)/.stamp-dev ## 自动整理格式 / put code and templates into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat groupbuy fulfillment leaders

css: $(VENV)/.stamp-dev ## 重建样式表与图标 / rebuild the style sheet and icons from groupbuy/css
	$(BIN)/python groupbuy/css/build.py

COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate

lock: $(VENV)/.stamp-dev ## 重新锁定依赖版本 / renew requirements/*.txt (UPGRADE=--upgrade)
	$(COMPILE) $(UPGRADE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) $(UPGRADE) requirements/demo.in -o requirements/demo.txt
	$(COMPILE) $(UPGRADE) -c requirements/demo.txt requirements/dev.in -o requirements/dev.txt

clean: ## 删除虚拟环境与缓存（不动 var/）/ remove the virtual environment and caches, not var/
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
