"""`python -m payments`."""

from payments.cli import main

if __name__ == "__main__":
    main()
