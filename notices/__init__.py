"""Messages to readers and to the shop's staff: by e-mail, Telegram, or into a folder."""
