"""What both services need and neither is about: settings, logging, databases, migrations, CSV, tracing."""
