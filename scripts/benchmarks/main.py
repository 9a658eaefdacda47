"""Entry point of scripts/bench: one module per subcommand, each with `add_arguments(parser)` and `run(options)`."""

import argparse
import sys

import cluster
import crowd
import equalize
import kernels
import labs
import ui

COMMANDS = {"equalize": equalize, "cluster": cluster, "crowd": crowd, "kernels": kernels, "labs": labs, "ui": ui}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures ece465, and compares it with other tools.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    for name, module in COMMANDS.items():
        summary = module.__doc__.split("\n\n")[0]
        module.add_arguments(commands.add_parser(name, help=summary, description=module.__doc__))
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in (*COMMANDS, "-h", "--help"):
        arguments.insert(0, "equalize")
    options = parser.parse_args(arguments)
    return COMMANDS[options.command].run(options)


if __name__ == "__main__":
    sys.exit(main())
