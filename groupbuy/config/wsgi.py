"""The web process; started as ``granian --interface wsgi groupbuy.config.wsgi:application``."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "groupbuy.config.settings")
os.environ.setdefault("GROUPBUY_PROCESS", "web")  # settings.py: short time-outs, connections that are kept

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

# What was loaded stays for ever: the collector of cycles need not walk through it again and again.
gc.collect()
gc.freeze()
