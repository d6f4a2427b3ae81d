"""Fails unless docs/targets.md has a row for every key of the schema, and no other."""
import re
import sys

source = open(sys.argv[1] + "/lib/Target/Yaml/TargetDescription.cpp").read()
schema = {section + "." * bool(section) + name for section, name in re.findall(r'^ +\{"(\w*)", "(\w+)", Kind::', source, re.M)}
numbers = open(sys.argv[1] + "/runtime/include/aimc/parameters.def").read()
schema |= {section + "." + name for section, name in re.findall(r'^AIMC_PARAMETER\("(\w+)", "(\w+)"', numbers, re.M)}
table = open(sys.argv[1] + "/docs/targets.md").read().split("## Every key")[1].split("\n## ")[0]
rows = set(re.findall(r"^\| `([a-z_.]+)` \|", table, re.M))
assert len(schema) > 20, schema
assert schema == rows, f"only in the schema: {schema - rows}; only in the documentation: {rows - schema}"
