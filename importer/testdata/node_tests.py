"""Makes node_tests.zip of ONNX's official node tests (Apache-2.0, see node_tests.LICENSE).

    python node_tests.py node_tests.zip

needs the package onnx. Each test is a folder with model.onnx, which is the test's own, input_0.pb, input_1.pb, … and
output_0.pb, …. The tests are all those of one node of an operator of OPERATORS whose tensors are of float, bool or a
type of integers that the model's floats are computed with.

What is left out: tests of float16, bfloat16, double and smaller types, of sequences and strings, and large ones of three
spatial dimensions, whose names are printed with their size.
"""

import sys
import warnings
import zipfile

import numpy as np
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

OPERATORS = """Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant
ConstantOfShape Conv ConvTranspose Cos CumSum DepthToSpace Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND
Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity
InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool
MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not OneHot Or PRelu Pad Pow Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round ScatterElements ScatterND Selu Shape
Shrink Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh
ThresholdedRelu Tile Transpose Trilu Unsqueeze Upsample Where Xor""".split()
TYPES = [np.float32, np.int64, np.int32, np.bool_]
MOST = 65_000  # For tests of three spatial dimensions, which are refused.


def wanted(test):
    nodes = test.model.graph.node
    if len(nodes) != 1 or nodes[0].op_type not in OPERATORS or nodes[0].domain:
        return False
    inputs, outputs = test.data_sets[0]
    types = TYPES + [np.float64] if nodes[0].op_type in ("CumSum", "Einsum") else TYPES  # Their tests are of double alone.
    if not all(isinstance(x, (np.ndarray, np.generic)) and x.dtype in types for x in [*inputs, *outputs]):
        return False
    size = sum(x.nbytes for x in [*inputs, *outputs])
    if size > MOST and "_3d_" in test.name:
        print(test.name, size)
        return False
    return True


def main():
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:

        def write(name, data):
            z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)

        for test in sorted(collect_testcases(None), key=lambda t: t.name):
            if not wanted(test):
                continue
            write(test.name + "/model.onnx", test.model.SerializeToString())
            for kind, tensors in zip(("input", "output"), test.data_sets[0]):
                for i, x in enumerate(tensors):
                    write(f"{test.name}/{kind}_{i}.pb", numpy_helper.from_array(np.asarray(x), "x").SerializeToString())


if __name__ == "__main__":
    main()
