package finetune

// DefaultTask is the task of a run that names none: it needs no data, because a
// slice of it is in the binary.
const DefaultTask = "fashion-mnist"

// DefaultBackbone is the backbone of a run that names none; it is in the binary.
const DefaultBackbone = "efficientnet_lite0.google"

// Defaults returns the recipe of a task, with its own numbers where a run on
// its validation split chose them, and those of flowers otherwise.
func Defaults(task string) Config { return DefaultsFor(task, "", "") }

// DefaultsFor returns Defaults(task) for a run that trains what train says with
// an optimizer, both as in Config; "" leaves either to the task.
//
// Rates and decay follow the base optimizer, see docs/decisions/recipe.md. The
// head alone is trained on one view of each image, that of evaluation, so that
// the backbone runs once for each, see docs/decisions/features.md.
func DefaultsFor(task, train, optimizer string) Config {
	c := Config{
		Task:     task,
		Backbone: DefaultBackbone,

		Optimizer: "sam+adamw",
		Rho:       0.05,
		SAMFrom:   3, // From the first epoch on, SAM keeps a fresh head at chance.
		ClipNorm:  5,
		Epochs:    14,
		Batch:     32,
		Momentum:  0.9,
		Warmup:    0.5,
		Schedule:  "cosine",

		LabelSmoothing: 0.1,

		BatchNorm: "frozen",
		Train:     "all",
		Augment:   "random_resized_crop(0.35,1)|flip",

		TrainScale: 0.86, // 192 of 224 pixels.

		OnBadImage: "fail",
		Kernels:    AutoKernels,
	}
	if adjust := defaults[task]; adjust != nil {
		adjust(&c)
	}
	if train == "head" {
		c.Train, c.Augment, c.TrainScale = train, "none", 1
	}
	if optimizer != "" {
		c.Optimizer = optimizer
	}
	if BaseOptimizer(c.Optimizer) == "AdamW" {
		c.LearningRate, c.HeadLR, c.WeightDecay = 3e-4, 2e-3, 0.01
	} else {
		c.LearningRate, c.WeightDecay = 0.02, 1e-5
	}
	return c
}

// defaults has what a task does otherwise than flowers.
var defaults = map[string]func(c *Config){
	// Small pictures and few epochs: a first run ends while one watches it.
	"fashion-mnist": func(c *Config) {
		c.InputSize = 64
		c.TrainScale = 1
		c.LabelSmoothing = 0
		c.Epochs = 3
		c.SAMFrom = 2
		c.Augment = "random_resized_crop(0.7,1)|flip"
	},
	// Cars differ in detail, and have 41 training images a class.
	"cars": func(c *Config) { c.Epochs = 24 },
	"pets": func(c *Config) { c.Epochs = 8 },
}
