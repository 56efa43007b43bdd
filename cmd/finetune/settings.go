package main

import (
	"github.com/spf13/pflag"

	"finetune/finetune"
)

// A group is flags that help shows together.
type group struct {
	title string
	flags *pflag.FlagSet
}

// newGroup returns a group whose flags keep the order they are defined in.
func newGroup(title string) group {
	g := group{title, pflag.NewFlagSet(title, pflag.ContinueOnError)}
	g.flags.SortFlags = false
	return g
}

// settings returns a flag for each key of the configuration, bound to c. The
// values of c are the defaults.
func settings(c *finetune.Config) []group {
	return []group{dataSettings(c), modelSettings(c), optimizerSettings(c), scheduleSettings(c), machineSettings(c)}
}

func dataSettings(c *finetune.Config) group {
	g := newGroup("Data")
	f := g.flags
	f.StringVar(&c.Task, "task", c.Task, "data set to train on: a `NAME` that 'finetune tasks' lists")
	f.StringVar(&c.Data, "data", c.Data, "`DIR` of the data set; without it, the data cache (see 'finetune tasks'), a download, or the slice in the binary")
	f.StringVar(&c.Augment, "augment", c.Augment, "`SPEC` of random transforms of the training images, applied from left to right, or none; of --train head, none, so that the backbone runs once for each image")
	f.IntVar(&c.InputSize, "input-size", c.InputSize, "height and width of the model's input, `PIXELS`; 0 is the backbone's own")
	f.Float64Var(&c.TrainScale, "train-scale", c.TrainScale, "height and width of the images in training as a `SHARE` of the input size, rounded to a multiple of 32 pixels below 1")
	f.BoolVar(&c.Validate, "validate", c.Validate, "hold the validation split out of training and measure on it, to choose settings without the test split")
	f.IntVar(&c.LimitTrain, "limit-train", c.LimitTrain, "train on at most `N` images; 0 is all")
	f.IntVar(&c.LimitTest, "limit-test", c.LimitTest, "measure on at most `N` images; 0 is all")
	f.StringVar(&c.OnBadImage, "on-bad-image", c.OnBadImage, "`skip|fail`: leave an image out that cannot be decoded, or stop")
	return g
}

// preprocessingFlags are of what a model's images were normalized by.
func preprocessingFlags(f *pflag.FlagSet, mean, std *string, crop *float64, interpolation *string) {
	f.StringVar(mean, "mean", *mean, "`R,G,B` that the model's images are reduced by, on 0..1; without it, what the file or 'finetune models' says")
	f.StringVar(std, "std", *std, "`R,G,B` that they are divided by then, on 0..1")
	f.Float64Var(crop, "crop-pct", *crop, "side of the centre crop as a `SHARE` of the short side; 0 is what the file or 'finetune models' says")
	f.StringVar(interpolation, "interpolation", *interpolation, "`bilinear|bicubic`: how images are resized; without it, what the file or 'finetune models' says")
}

func modelSettings(c *finetune.Config) group {
	g := newGroup("Model")
	f := g.flags
	f.StringVar(&c.Backbone, "backbone", c.Backbone, "pretrained classifier: a `NAME` that 'finetune models' lists, a file of your own, FILE.onnx, or NAME=FILE.onnx for one that wants the preprocessing of NAME")
	f.StringVar(&c.Features, "features", c.Features, "tensor or `NODE` of the backbone to put the new head on; without it the classifier is found and replaced")
	preprocessingFlags(f, &c.Mean, &c.Std, &c.CropPct, &c.Interpolation)
	f.StringVar(&c.Train, "train", c.Train, "`all|head|last:N`: train all parameters, those of the head, or also the last N parameter tensors of the backbone")
	f.StringVar(&c.BatchNorm, "bn", c.BatchNorm, "`frozen|train`: BatchNorm with the statistics of the backbone, or of each batch")
	return g
}

func optimizerSettings(c *finetune.Config) group {
	g := newGroup("Optimizer")
	f := g.flags
	f.StringVar(&c.Optimizer, "optimizer", c.Optimizer, "`sam|sgd|adamw|sam+adamw`: sam is SAM over SGD, which may be written sam+sgd")
	f.Float64Var(&c.Rho, "rho", c.Rho, "`RADIUS` of SAM's neighbourhood, in the 2-norm of all weights")
	f.IntVar(&c.SAMFrom, "sam-from", c.SAMFrom, "first `EPOCH`, counted from 1, that SAM takes part in; before it the base optimizer runs alone")
	f.Float64Var(&c.ClipNorm, "clip-norm", c.ClipNorm, "largest global 2-`NORM` of a gradient; 0 does not clip")
	f.Float64Var(&c.Momentum, "momentum", c.Momentum, "Nesterov momentum of SGD, a `SHARE` from 0 to below 1")
	f.Float64Var(&c.WeightDecay, "weight-decay", c.WeightDecay, "`FACTOR` of weight decay, in the base optimizer; 0 is none")
	f.Float64Var(&c.LabelSmoothing, "label-smoothing", c.LabelSmoothing, "`SHARE` of each label spread over all classes, from 0 to below 1")
	return g
}

func scheduleSettings(c *finetune.Config) group {
	g := newGroup("Schedule")
	f := g.flags
	f.IntVar(&c.Epochs, "epochs", c.Epochs, "`N` passes over the training images; 0 measures only")
	f.IntVar(&c.Batch, "batch", c.Batch, "`N` images a step")
	f.Float64Var(&c.LearningRate, "lr", c.LearningRate, "peak learning `RATE`")
	f.Float64Var(&c.HeadLR, "head-lr", c.HeadLR, "peak learning `RATE` of the head; 0 is that of --lr")
	f.Float64Var(&c.Warmup, "warmup", c.Warmup, "`EPOCHS` over which the learning rate rises from 0, such as 0.5")
	f.StringVar(&c.Schedule, "schedule", c.Schedule, "`cosine|step|constant`: how the learning rate falls")
	return g
}

func machineSettings(c *finetune.Config) group {
	g := newGroup("Run")
	f := g.flags
	f.Uint64Var(&c.Seed, "seed", c.Seed, "`NUMBER` that all randomness follows from; the same seed gives the same bytes")
	f.IntVar(&c.Threads, "threads", c.Threads, "`N` threads that compute; 0 is one for each core")
	f.StringVar(&c.Kernels, "kernels", c.Kernels, kernelsUsage)
	f.StringVar(&c.Output, "output", c.Output, "`DIR` of the run; without it, runs/<task>-<backbone>-<time>")
	return g
}

// flagSet returns the flags of all groups together.
func flagSet(groups []group) *pflag.FlagSet {
	all := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	for _, g := range groups {
		all.AddFlagSet(g.flags)
	}
	return all
}
