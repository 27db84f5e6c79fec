"""Infrastructure that all services share: settings, logging, databases, migrations, CSV, tracing."""
