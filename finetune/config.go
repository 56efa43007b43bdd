// Package finetune trains an imported backbone on a task: batches, the loop,
// schedules, evaluation, checkpoints and the run folder.
package finetune

// A Config says everything about a run: the same Config, data and binary give
// the same bytes. It is stored as config.yaml in the run folder.
type Config struct {
	Task     string `yaml:"task"`     // Name of the task: flowers, cars, pets, fashion-mnist, folder.
	Data     string `yaml:"data"`     // Folder of the data set; "" means the data cache, or the embedded slice.
	Backbone string `yaml:"backbone"` // Name in package weights, or path of an ONNX file.
	Features string `yaml:"features"` // Tensor or node to put the head on; "" replaces the classifier that is found.

	// Preprocessing that holds over what the backbone's file and package
	// weights say; zero values leave it to them.
	Mean          string  `yaml:"mean"` // Three numbers on 0..1, "a,b,c".
	Std           string  `yaml:"std"`
	CropPct       float64 `yaml:"crop-pct"`      // Side of the centre crop as a share of the short side.
	Interpolation string  `yaml:"interpolation"` // bilinear or bicubic.

	Optimizer      string  `yaml:"optimizer"`       // sam, sgd, adamw, sam+adamw; sam is sam+sgd. Rates want to follow it: see DefaultsFor.
	Rho            float64 `yaml:"rho"`             // Radius of SAM's neighbourhood, in the 2-norm of the weights.
	SAMFrom        int     `yaml:"sam-from"`        // First epoch, counted from 1, whose steps are SAM's.
	ClipNorm       float64 `yaml:"clip-norm"`       // Largest global 2-norm of a gradient; 0 does not clip.
	Epochs         int     `yaml:"epochs"`          // Passes over the training set; 0 evaluates only.
	Batch          int     `yaml:"batch"`           // Images a step.
	LearningRate   float64 `yaml:"lr"`              // Peak learning rate.
	HeadLR         float64 `yaml:"head-lr"`         // Peak learning rate of the head; 0 means LearningRate.
	WeightDecay    float64 `yaml:"weight-decay"`    // Of the base optimizer.
	Momentum       float64 `yaml:"momentum"`        // Nesterov momentum of SGD.
	LabelSmoothing float64 `yaml:"label-smoothing"` // In [0, 1).
	Warmup         float64 `yaml:"warmup"`          // Epochs of linear warm-up.
	Schedule       string  `yaml:"schedule"`        // cosine, step, constant.

	BatchNorm string `yaml:"bn"`         // frozen or train.
	Train     string `yaml:"train"`      // all, head, or last:N (N last parameter tensors of the backbone, and the head).
	Augment   string `yaml:"augment"`    // Spec of package augment; "" means the task's default, "none" none.
	InputSize int    `yaml:"input-size"` // Pixels; 0 means the backbone's.
	// TrainScale is the size in training as a share of the input size; below 1
	// it is rounded to a multiple of 32 pixels.
	TrainScale float64 `yaml:"train-scale"`

	Validate   bool   `yaml:"validate"`     // Train on the training split and evaluate on the validation split.
	LimitTrain int    `yaml:"limit-train"`  // Use at most so many training images; 0 means all.
	LimitTest  int    `yaml:"limit-test"`   // Evaluate at most so many images; 0 means all.
	OnBadImage string `yaml:"on-bad-image"` // skip or fail.

	Seed    uint64 `yaml:"seed"`
	Threads int    `yaml:"threads"` // Workers of the kernels; 0 means all cores.
	Kernels string `yaml:"kernels"` // One of KernelNames; "" is auto.
	Output  string `yaml:"output"`  // Run folder; "" means runs/<task>-<backbone>-<time>.
	Resume  string `yaml:"-"`       // Run folder to go on with; "" starts anew.
}

// Summary is the result of a run, as summary.json has it.
type Summary struct {
	Task            string     `json:"task"`
	Backbone        string     `json:"backbone"`
	Optimizer       string     `json:"optimizer"`
	Epochs          int        `json:"epochs"`
	Seed            uint64     `json:"seed"`
	NTest           int        `json:"n_test"`
	Top1            float64    `json:"top1"`      // Share in [0, 1].
	Top1CI95        [2]float64 `json:"top1_ci95"` // Wilson score interval.
	Top5            float64    `json:"top5"`
	MeanPerClass    float64    `json:"mean_per_class"`
	Loss            float64    `json:"loss"`
	TrainSeconds    float64    `json:"train_seconds"`
	ImagesPerSecond float64    `json:"images_per_second"`
	DataWaitSeconds float64    `json:"data_wait_seconds"` // Of TrainSeconds, waiting for images.
	DataWaitShare   float64    `json:"data_wait_share"`   // Share of TrainSeconds, in [0, 1].
	ModelSHA256     string     `json:"model_sha256"`

	Split   string `json:"split"`             // What was evaluated: test or validation.
	Skipped int    `json:"skipped,omitempty"` // Images that could not be decoded, of training and evaluation.
}
