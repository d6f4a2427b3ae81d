"""Models that ask for more than they hold: each is compiled with 4 GiB of address space and 60 s of processor time.

    hostile.py OUT_DIR AIMC_COMPILE

Prints a line for each: its name, then the first line that aimc-compile prints, or "compiled".
"""
import os
import resource
import subprocess
import sys


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """A protobuf field: an integer, or the bytes of a text or message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(number, values):
    return b"".join(field(number, value) for value in values)


def node(op, inputs, outputs, name="", attributes=b"", domain=""):
    return (fields(1, inputs) + fields(2, outputs) + (field(3, name) if name else b"") + field(4, op) + attributes +
            (field(7, domain) if domain else b""))


def graph_attribute(name, graph):
    return field(5, field(1, name) + field(6, graph) + field(20, 5))


def value(name, dims=(3,), type=1):
    shape = b"".join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, type) + field(2, shape)))


def integers(name, numbers, shape=None):
    data = b"".join(n.to_bytes(8, "little", signed=True) for n in numbers)
    return fields(1, [len(numbers)] if shape is None else shape) + field(2, 7) + field(8, name) + field(9, data)


def floats(name, shape, data):
    return fields(1, shape) + field(2, 1) + field(8, name) + field(9, data)


def graph(nodes, inputs=(), outputs=(), initializers=()):
    return fields(1, nodes) + fields(5, initializers) + fields(11, inputs) + fields(12, outputs)


def model(nodes, inputs=None, outputs=None, initializers=(), functions=()):
    inputs = [value("x")] if inputs is None else inputs
    outputs = [value("y")] if outputs is None else outputs
    return (field(1, 8) + field(7, graph(nodes, inputs, outputs, initializers)) +
            fields(8, [field(1, "") + field(2, 18), field(1, "f") + field(2, 1)]) + fields(25, functions))


def nested_ifs(depth):
    inner = graph([], outputs=[value("x")])
    for level in range(depth):
        branch = graph_attribute("then_branch", inner) + graph_attribute("else_branch", graph([], outputs=[value("x")]))
        inner = graph([node("If", ["c"], [f"y{level}"], attributes=branch)], outputs=[value(f"y{level}")])
    return (field(1, 8) + field(7, inner + fields(11, [value("x"), value("c", (), 9)])) + field(8, field(2, 18)))


def nested_loops(depth):
    """Each body's carried value grows, so that its sizes settle in the second pass, and passes multiply."""
    inner = node("Concat", ["v", "v"], ["w"], attributes=field(5, field(1, "axis") + field(3, 0) + field(20, 2)))
    for level in range(depth):
        body = graph([inner], [value("i", (), 7), value("c", (), 9), value("v", ("n",))], [value("c", (), 9), value("w", ("n",))])
        inner = node("Loop", ["m", "t", "v" if level < depth - 1 else "x"], ["w" if level < depth - 1 else "y"],
                     attributes=graph_attribute("body", body))
    return model([inner], [value("x"), value("m", (), 7), value("t", (), 9)], [value("y", ("n",))])


def doubled(op, levels):
    """v0 = x's shape, then each value with itself."""
    return [node("Shape", ["x"], ["v0"])] + [node(op, [f"v{i}", f"v{i}"], [f"v{i + 1}"]) for i in range(levels)]


def function(name, nodes, input="a", output="b"):
    return field(1, name) + field(4, input) + field(5, output) + fields(7, nodes) + field(10, "f") + field(9, field(2, 18))


TERA = 1 << 20
BROADCAST = [integers("shape", [TERA, TERA]), floats("one", [1, 1], b"\0\0\x80\x3f")]
WEIGHTS = [floats("left", [1 << 16, 2], bytes(1 << 19)), floats("right", [2, 1 << 16], bytes(range(256)) * (1 << 11))]

CASES = {
    "subgraphs_40_deep": nested_ifs(40),
    "subgraphs_5000_deep": nested_ifs(5000),
    "subgraphs_29_deep": nested_ifs(29),
    "loops_in_loops": nested_loops(25),
    "input_twice": model([node("Relu", ["x"], ["y"])], [value("x"), value("x")]),
    "input_without_name": model([node("Relu", ["x"], ["y"])], [value("")]),
    "output_twice": model([node("Relu", ["x"], ["y"])], outputs=[value("y"), value("y")]),
    "output_zero_byte": model([node("Relu", ["x"], ["a\0b"])], outputs=[value("a\0b")]),
    "node_zero_byte": model([node("Relu", ["x"], ["y"], "no\0de")]),
    "dimension_zero_byte": model([node("Relu", ["x"], ["y"])], [value("x", ("a\0b",))]),
    "huge_input": model([node("Relu", ["x"], ["y"])], [value("x", (1 << 40, 1 << 40))]),
    "rank_of_input": model([node("Relu", ["x"], ["y"])], [value("x", (1,) * 100)]),
    "huge_result": model([node("Expand", ["x", "s"], ["y"])], initializers=[integers("s", [1 << 40, 1 << 40, 3])]),
    "rank_of_result": model([node("Unsqueeze", ["x", "s"], ["y"])], initializers=[integers("s", list(range(100)))]),
    "expand": model([node("Expand", ["one", "shape"], ["e"]), node("Add", ["e", "x"], ["y"])], [value("x", (1, 1))],
                    [value("y", ("a", "b"))], BROADCAST),
    "tile": model([node("Tile", ["one", "shape"], ["e"]), node("Add", ["e", "x"], ["y"])], [value("x", (1, 1))],
                  [value("y", ("a", "b"))], BROADCAST),
    "constant_of_shape": model([node("ConstantOfShape", ["shape"], ["e"]), node("Add", ["e", "x"], ["y"])],
                               [value("x", (1, 1))], [value("y", ("a", "b"))], BROADCAST),
    "range": model([node("Range", ["a", "b", "c"], ["r"]), node("Add", ["r", "x"], ["y"])], [value("x", (1,), 7)],
                   [value("y", ("n",), 7)], [integers(n, [v], ()) for n, v in (("a", 0), ("b", 1 << 40), ("c", 1))]),
    "pad": model([node("Pad", ["one", "p"], ["e"]), node("Add", ["e", "x"], ["y"])], [value("x", (1, 1))],
                 [value("y", ("a", "b"))], [BROADCAST[1], integers("p", [0, 0, TERA, TERA])]),
    "product": model([node("MatMul", ["left", "right"], ["e"]), node("Add", ["e", "x"], ["y"])], [value("x", (1, 1))],
                     [value("y", ("a", "b"))], WEIGHTS),
    "followed": model([node("Identity", [f"v{i}"], [f"v{i + 1}"]) for i in range(2000)] + [node("Add", ["v2000", "x"], ["y"])],
                      [value("x", (1,), 7)], [value("y", ("n",), 7)], [integers("v0", range(1 << 16))]),
    "one_name": model([node("Relu", ["x"], [f"v{i}"], "same") for i in range(20000)] + [node("Relu", ["x"], ["y"])]),
    "squares": model(doubled("Mul", 40) + [node("Reshape", ["x", "v40"], ["y"])], [value("x", ("n",))], [value("y", ("m",))]),
    "sums": model(doubled("Add", 40) + [node("Equal", ["v40", "minus"], ["y"])], [value("x", ("n",))], [value("y", (1,), 9)],
                  [integers("minus", [-1])]),
    "folded_weight": model([node("Add", [f"w{i}", f"w{i}"], [f"w{i + 1}"]) for i in range(40)] +
                           [node("Conv", ["x", "w40"], ["c"]), node("BatchNormalization", ["c", "p", "p", "p", "p"], ["y"])],
                           [value("x", (1, 150, 4))], [value("y", (1, 2, 4))],
                           [floats("w0", [2, 150, 1], bytes(1200)), floats("p", [2], b"\0\0\x80\x3f" * 2)]),
    "empty_functions": model([node("f63", ["x"], ["y"], domain="f")],
                             functions=[function("f0", [], output="a")] +
                             [function(f"f{i}", [node(f"f{i - 1}", ["a"], ["c"], domain="f"),
                                                 node(f"f{i - 1}", ["c"], ["b"], domain="f")]) for i in range(1, 64)]),
    "function_of_bytes": model([node("g", ["x"], [f"y{i}"], domain="f") for i in range(5000)] + [node("Relu", ["x"], ["y"])],
                               functions=[function("g", [node("Constant", [], ["b"], attributes=field(5, field(1, "value") + field(
                                   5, floats("", [1 << 18], bytes(1 << 20))) + field(20, 4)))])]),
}


def limit():
    # The address space, of which libraries and a compiler's stack take their part; nothing here comes near it.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def main():
    out, compiler = sys.argv[1:3]
    for name, content in CASES.items():
        path = os.path.join(out, name + ".onnx")
        with open(path, "wb") as file:
            file.write(content)
        run = subprocess.run([compiler, path, "--digital", "--quiet", "-o", os.path.join(out, "out.aimc")], capture_output=True,
                             preexec_fn=limit, check=False)
        first = (run.stderr.decode(errors="replace").splitlines() or [""])[0].replace(path, "FILE")
        print(f"{name}: {first if run.returncode == 1 else 'compiled' if run.returncode == 0 else f'status {run.returncode} {first}'}")


if __name__ == "__main__":
    main()
