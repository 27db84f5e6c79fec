"""`python -m recommendations`."""

from recommendations.cli import main

if __name__ == "__main__":
    main()
