"""The entry point of the `buck` command."""

from buck.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
