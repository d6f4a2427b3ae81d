"""Runs every command of a documentation page's code blocks: run_page.py PAGE DATA_DIR TOOLS_DIR, in an empty directory.

The commands see links to what DATA_DIR holds. One that fails ends the run with its output."""
import os
import pathlib
import re
import subprocess
import sys

page, data, tools = map(pathlib.Path, sys.argv[1:])
for entry in data.iterdir():
    os.symlink(entry, entry.name)
environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
commands = [line for block in re.findall(r"^```\n(.*?)^```", page.read_text(), re.S | re.M) for line in block.splitlines()]
for command in commands:
    done = subprocess.run(command.removesuffix("| less"), shell=True, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    print("ran", command)
