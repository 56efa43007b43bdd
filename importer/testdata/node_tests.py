"""Makes node_tests.zip of ONNX's official node tests (Apache-2.0).

    python node_tests.py node_tests.zip

needs the package onnx. Each test is a folder with model.onnx, input.pb and
output.pb. Inputs other than the first become initializers, because weights,
bounds and axes are constants in the models that finetune reads. Tests of other
types than float, of one or three spatial dimensions, or of more than 28 kB are
left out.
"""

import re
import sys
import warnings
import zipfile

import numpy as np
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

OPERATORS = """Add AveragePool BatchNormalization Cast Clip Concat Conv Div
Dropout Flatten Gemm GlobalAveragePool HardSigmoid HardSwish Identity LeakyRelu
MatMul MaxPool Mul Pad ReduceMean Relu Reshape Sigmoid Softmax Squeeze Sub Sum
Transpose Unsqueeze""".split()


def wanted(test):
    nodes = test.model.graph.node
    if len(nodes) != 1 or nodes[0].op_type not in OPERATORS or nodes[0].domain:
        return False
    inputs, outputs = test.data_sets[0]
    if not isinstance(inputs[0], np.ndarray):
        return False
    first, out = np.asarray(inputs[0]), np.asarray(outputs[0])
    return (
        first.dtype == np.float32
        and out.dtype == np.float32
        and out.size > 0
        and first.ndim > 0
        and first.nbytes + out.nbytes < 28_000
        and not re.search(r"_[13]d_|_expanded|training_default_mask|train", test.name)
    )


def main():
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:

        def write(name, data):
            z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)

        for test in sorted(collect_testcases(None), key=lambda t: t.name):
            if not wanted(test):
                continue
            inputs, outputs = test.data_sets[0]
            graph = test.model.graph
            for info, value in list(zip(graph.input, inputs))[1:]:
                graph.initializer.append(numpy_helper.from_array(np.asarray(value), info.name))
            del graph.input[1:]
            write(test.name + "/model.onnx", test.model.SerializeToString())
            write(test.name + "/input.pb", numpy_helper.from_array(inputs[0], "x").SerializeToString())
            write(test.name + "/output.pb", numpy_helper.from_array(outputs[0], "y").SerializeToString())


if __name__ == "__main__":
    main()
