"""The inner loops, with Google Benchmark, compared with memcpy of the same bytes.

Arguments after -- are passed to the benchmark program, e.g. -- --benchmark_filter='map8/.*landscape'."""

import subprocess

import project


def add_arguments(parser) -> None:
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENT", help="for the benchmark program")


def run(options) -> int:
    project.build("kernels_bench")
    print(project.describe_run(), flush=True)
    defaults = ["--benchmark_min_time=0.1", "--benchmark_repetitions=3", "--benchmark_report_aggregates_only=true"]
    return subprocess.run([project.program("kernels_bench"), *defaults, *options.arguments], check=False).returncode
