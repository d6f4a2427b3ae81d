#!/usr/bin/python3
"""What the documentation names exists.

    pages.py BUILD_DIR

Of every page: files and headings that links lead to; options of our programs and scripts; tests and suites named `Suite.Name`. Every
page of docs is in docs/README.md.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = "benchmarks cmake docs examples include lib runtime targets test third_party tools".split()
TOOLS = ["aimc-compile", "aimc-run", "aimc-inspect", "aimc-sweep"]
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
TEST_NAME = re.compile(r"`([A-Z][A-Za-z]+)\.([A-Z]\w+)`")
HEADING = re.compile(r"^#+ (.*)$", re.M)
TEST_DEFINITION = re.compile(r"\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\)")


def anchor(heading):
    """As Markdown viewers make it: small letters, hyphens for spaces, no punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sources(*endings):
    """The project's files with one of these endings, wherever builds lie."""
    found = list(ROOT.iterdir()) + [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    return [path for path in found if path.suffix in endings and path.is_file()]


def known_options(build):
    """What --help of our programs lists, our passes, and what our scripts, and the commands they and CMake run, take."""
    text = [subprocess.run([build / "bin" / tool, "--help"], capture_output=True, text=True).stdout for tool in TOOLS]
    scripts = sources(".py", ".txt", ".cmake", "") + [ROOT / "Makefile"]
    text += [path.read_text(errors="replace") for path in scripts if path.stat().st_size < 1 << 20]
    passes = re.findall(r': Pass<"([\w-]+)"', "\n".join(path.read_text() for path in sources(".td")))
    return set(OPTION.findall("\n".join(text))) | {f"--{name}" for name in passes}


def problems_of(page, options, tests):
    text = page.read_text()
    for target, heading in LINK.findall(text):
        if "://" in target:
            continue
        path = (page.parent / target) if target else page
        if not path.exists():
            yield f"links to {target}, which is not there"
        elif heading and heading not in map(anchor, HEADING.findall(path.read_text())):
            yield f"links to '{heading}' of {path.name}, which has no such heading"
    for option in sorted(set(OPTION.findall(text)) - options):
        yield f"names {option}, which no program or script takes"
    for suite, name in sorted(set(TEST_NAME.findall(text)) - tests):
        if suite in {known for known, _ in tests}:
            yield f"names the test {suite}.{name}, which is not there"


def main():
    tests = {match for path in sources(".cpp") for match in TEST_DEFINITION.findall(path.read_text())}
    options = known_options(pathlib.Path(sys.argv[1]))
    pages = sources(".md")
    index = (ROOT / "docs" / "README.md").read_text()
    problems = [f"docs/README.md: does not list {page.name}" for page in pages
                if page.parent == ROOT / "docs" and page.name not in index and page.name != "README.md"]
    for page in pages:
        problems += [f"{page.relative_to(ROOT)}: {problem}" for problem in problems_of(page, options, tests)]
    print("\n".join(problems) or f"{len(pages)} pages, {len(options)} options, {len(tests)} tests: all that is named exists")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
