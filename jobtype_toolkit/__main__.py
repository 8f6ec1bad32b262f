"""`python -m jobtype_toolkit` is the command line."""

from jobtype_toolkit.cli import main

if __name__ == "__main__":
    main()
