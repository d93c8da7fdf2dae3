"""The terminal: what every command needs of it stands here, and each page has a module."""

from ims_billing.cli.screen.terminal import Working, fail, new_password, notify

__all__ = ["Working", "fail", "new_password", "notify"]
