"""`python -m marketplace`."""

from marketplace.cli import main
from servicekit.serving.memory import limit_arenas

if __name__ == "__main__":
    limit_arenas()
    main()
