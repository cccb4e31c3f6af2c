"""The closed sets of words that go in and out, each named once for the OpenAPI document."""

from leaders.models import LeaderApplication

APPLICATION_STATES = LeaderApplication._meta.get_field("state").choices
