"""`python -m previews`."""

from previews.cli import main

if __name__ == "__main__":
    main()
