"""`python -m moderator` is the command `moderator`."""

from moderator.cli.main import run

if __name__ == "__main__":
    run()
