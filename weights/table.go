package weights

// Every row below the first is a file of the ONNX model zoo
// (https://github.com/onnx/models) with the size and sha256 of its manifest and
// the licence that its page states. README.md tells how the preprocessing of
// each was found, and which models of the zoo have no row and why.
var table = []Info{
	{
		Name:   "efficientnet_lite0.google",
		SHA256: "0ce0a1189555e83f80b38f547dc3002cbd4d2f9c645e153125b55a0e94f25aa4", Bytes: 18807611,
		Licence: "Apache-2.0", Source: "Google, EfficientNet-Lite0 on ImageNet-1k",
		Classifier: "logits", Preprocessing: efficientNetLite,
	},
	{
		Name: "mobilenetv2.mxnet", URL: hubURL("mobilenetv2-7"), Mirror: zooURL("mobilenet", "mobilenetv2-7"),
		SHA256: "c1c513582d56afceff8516c73804e484c81c6a830712ab6d682253f4a3cd042f", Bytes: 14246826,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "mobilenetv20_output_flatten0_reshape0", Preprocessing: imagenet,
	},
	{
		Name: "mobilenetv2.pytorch", URL: hubURL("mobilenetv2-12"), Mirror: zooURL("mobilenet", "mobilenetv2-12"),
		SHA256: "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5", Bytes: 13964571,
		Licence: "Apache-2.0", Source: "PyTorch, on ImageNet-1k",
		Classifier: "output", Preprocessing: imagenet,
	},
	{
		Name: "resnet18_v1.mxnet", URL: hubURL("resnet18-v1-7"), Mirror: zooURL("resnet", "resnet18-v1-7"),
		SHA256: "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c", Bytes: 46820737,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv15_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet34_v1.mxnet", URL: hubURL("resnet34-v1-7"), Mirror: zooURL("resnet", "resnet34-v1-7"),
		SHA256: "883a41b2e30ddc2e422c108b091b5e70b92d37dc5c345a2c563dcae27971e2cc", Bytes: 87302588,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv16_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet50_v1.mxnet", URL: hubURL("resnet50-v1-12"), Mirror: zooURL("resnet", "resnet50-v1-12"),
		SHA256: "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526", Bytes: 102576593,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv17_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet101_v1.mxnet", URL: hubURL("resnet101-v1-7"), Mirror: zooURL("resnet", "resnet101-v1-7"),
		SHA256: "760702f6ec0138f71ebac66f4e95d1c72dc9267a8544f4d4667a53075fd0497c", Bytes: 178914043,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv18_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet152_v1.mxnet", URL: hubURL("resnet152-v1-7"), Mirror: zooURL("resnet", "resnet152-v1-7"),
		SHA256: "b0ec92437bf8c9d0739bf9bafdea9638e13f9e3c1e2fb766ad546cc182fd3f6d", Bytes: 241816206,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv19_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet18_v2.mxnet", URL: hubURL("resnet18-v2-7"), Mirror: zooURL("resnet", "resnet18-v2-7"),
		SHA256: "3b4d048057854022232aa20bf68262e31718ab7119a17f920b8a2dc1433f824b", Bytes: 46806737,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv22_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet34_v2.mxnet", URL: hubURL("resnet34-v2-7"), Mirror: zooURL("resnet", "resnet34-v2-7"),
		SHA256: "3d3815e25f4b1ea967e2a526a3b27ef2a03af1725bdc199a63a271c26862d914", Bytes: 87288587,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv23_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet50_v2.mxnet", URL: hubURL("resnet50-v2-7"), Mirror: zooURL("resnet", "resnet50-v2-7"),
		SHA256: "79102261eb6e5fd7af5d27f41316293e388c5cb691e5d25bfb035c4f64fefe31", Bytes: 102442452,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv24_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet101_v2.mxnet", URL: hubURL("resnet101-v2-7"), Mirror: zooURL("resnet", "resnet101-v2-7"),
		SHA256: "3a0a819ea0953fb4700b0d98e43540aeee253e5b4c503c552b0c7979fc67767d", Bytes: 178682301,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv25_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "resnet152_v2.mxnet", URL: hubURL("resnet152-v2-7"), Mirror: zooURL("resnet", "resnet152-v2-7"),
		SHA256: "40fb3f6dd313ba786a2c8077a0ef7d7b4afeda5d037365400d3a7fbc2b1bee64", Bytes: 241503848,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "resnetv27_dense0_fwd", Preprocessing: imagenet,
	},
	{
		Name: "efficientnet_lite4.google", URL: hubURL("efficientnet-lite4-11"), Mirror: zooURL("efficientnet-lite4", "efficientnet-lite4-11"),
		SHA256: "d111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12", Bytes: 51946641,
		Licence: "MIT", Source: "Google, EfficientNet-Lite4 on ImageNet-1k",
		Classifier: "Softmax:0", Preprocessing: liteNHWC,
	},
	{
		Name: "squeezenet1_0.caffe2", URL: hubURL("squeezenet1.0-12"), Mirror: zooURL("squeezenet", "squeezenet1.0-12"),
		SHA256: "dec81a8684617770b3cf13fadc1d92565d1d453d23935fc6388b792d99c992bd", Bytes: 4952956,
		Licence: "Apache-2.0", Source: "Caffe2 model zoo, SqueezeNet 1.0 on ImageNet-1k",
		Classifier: "softmaxout_1", Preprocessing: caffe,
	},
	{
		Name: "squeezenet1_1.mxnet", URL: hubURL("squeezenet1.1-7"), Mirror: zooURL("squeezenet", "squeezenet1.1-7"),
		SHA256: "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088", Bytes: 4956208,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "squeezenet0_flatten0_reshape0", Preprocessing: imagenet,
	},
	{
		Name: "vgg16.mxnet", URL: hubURL("vgg16-12"), Mirror: zooURL("vgg", "vgg16-12"),
		SHA256: "722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b", Bytes: 553437752,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "vgg0_dense2_fwd", Preprocessing: imagenet,
	},
	{
		Name: "vgg16_bn.mxnet", URL: hubURL("vgg16-bn-7"), Mirror: zooURL("vgg", "vgg16-bn-7"),
		SHA256: "4fdceabf1ef715c9ed3020fa2eac1cb2a448296c086b03633c80cf47e1c5afce", Bytes: 553512191,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "vgg0_dense2_fwd", Preprocessing: imagenet,
	},
	{
		Name: "vgg19.mxnet", URL: hubURL("vgg19-7"), Mirror: zooURL("vgg", "vgg19-7"),
		SHA256: "692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f", Bytes: 574677321,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "vgg0_dense2_fwd", Preprocessing: imagenet,
	},
	{
		Name: "vgg19_bn.mxnet", URL: hubURL("vgg19-bn-7"), Mirror: zooURL("vgg", "vgg19-bn-7"),
		SHA256: "ce0987dfa6228ad29708013f38b7f73cbc14ca6066a05fc22ee49b35871c63ed", Bytes: 574774380,
		Licence: "Apache-2.0", Source: gluon,
		Classifier: "vgg0_dense2_fwd", Preprocessing: imagenet,
	},
}

const gluon = "Apache MXNet, Gluon model zoo, on ImageNet-1k"

// The kinds of preprocessing in the table.
var (
	efficientNetLite = Preprocessing{
		InputSize: 224, Crop: 0.875, Interpolation: "bicubic", Channels: "RGB", Layout: "NCHW",
		Mean: [3]float64{127, 127, 127}, Std: [3]float64{128, 128, 128},
	}
	// liteNHWC is that of the zoo's EfficientNet-Lite4, which it publishes for
	// 224 pixels where Google evaluates it at 300.
	liteNHWC = Preprocessing{
		InputSize: 224, Crop: 0.875, Interpolation: "bilinear", Channels: "RGB", Layout: "NHWC",
		Mean: [3]float64{127, 127, 127}, Std: [3]float64{128, 128, 128},
	}
	// imagenet is that of torchvision and Gluon: 0.485, 0.456, 0.406 and 0.229,
	// 0.224, 0.225 on 0..1.
	imagenet = Preprocessing{
		InputSize: 224, Crop: 0.875, Interpolation: "bilinear", Channels: "RGB", Layout: "NCHW",
		Mean: [3]float64{123.675, 116.28, 103.53}, Std: [3]float64{58.395, 57.12, 57.375},
	}
	// caffe subtracts the mean pixel in BGR order.
	caffe = Preprocessing{
		InputSize: 224, Crop: 0.875, Interpolation: "bilinear", Channels: "BGR", Layout: "NCHW",
		Mean: [3]float64{103.939, 116.779, 123.68}, Std: [3]float64{1, 1, 1},
	}
)

// hubURL returns where the zoo keeps its files since July 2025.
func hubURL(stem string) string {
	return "https://huggingface.co/onnxmodelzoo/" + stem + "/resolve/main/" + stem + ".onnx"
}

// zooURL returns where the zoo kept its files before.
func zooURL(folder, stem string) string {
	return "https://media.githubusercontent.com/media/onnx/models/main/validated/vision/classification/" + folder + "/model/" + stem + ".onnx"
}
