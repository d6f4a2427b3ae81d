"""Prints a model whose functions F0 … F(n-1) each call the one before `times` times; F0 is one node."""
import sys

count, times = int(sys.argv[1]), int(sys.argv[2])
print('ir_version: 8 opset_import { domain: "" version: 16 }')
print('graph { name: "g" node { input: "x" output: "y" op_type: "F%d" domain: "own" }' % (count - 1))
print('input { name: "x" type { tensor_type { elem_type: 1 shape { dim { dim_value: 2 } } } } } output { name: "y" } }')
for number in reversed(range(count)):
    print('functions { name: "F%d" domain: "own" input: "v0" output: "v%d"' % (number, times if number else 1))
    if number == 0:
        print('node { input: "v0" output: "v1" op_type: "Relu" }')
    else:
        for call in range(times):
            print('node { input: "v%d" output: "v%d" op_type: "F%d" domain: "own" }' % (call, call + 1, number - 1))
    print('}')
