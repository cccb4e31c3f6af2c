"""With what a visitor of the demo logs in. No secrets: the demo runs on development providers only."""

PASSWORD = "demo2026"  # noqa: S105 - printed in the guide and on the log-in page
INVITE_CODE = "DEMO2026"
OFFICE = ("admin", "finance", "sh-picker")
DRIVER = "sh-driver-01"
LEADERS = ("sh-leader-01", "cd-leader-01", "wh-leader-01")
