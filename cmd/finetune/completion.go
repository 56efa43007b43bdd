package main

import (
	"github.com/spf13/cobra"

	"finetune/finetune"
	"finetune/tasks"
	"finetune/weights"
)

// completeTraining tells the shell what the flags of training may be.
func completeTraining(c *cobra.Command) {
	completeEvaluate(c)
	completeTrained(c)
	complete(c, "schedule", cobra.FixedCompletions([]string{"cosine", "step", "constant"}, cobra.ShellCompDirectiveNoFileComp))
	for _, flag := range []string{"output", "resume"} {
		complete(c, flag, folders)
	}
}

// completeTrained does it for the flags that training and bench share.
func completeTrained(c *cobra.Command) {
	for flag, words := range map[string][]string{
		"optimizer": {"sam", "sgd", "adamw", "sam+sgd", "sam+adamw"},
		"bn":        {"frozen", "train"},
		"train":     {"all", "head", "last:"},
	} {
		complete(c, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
}

// completeEvaluate does it for the flags that training and evaluation share.
func completeEvaluate(c *cobra.Command) {
	complete(c, "task", taskNames)
	complete(c, "data", folders)
	complete(c, "backbone", backboneNames)
	completeKernels(c)
	complete(c, "on-bad-image", cobra.FixedCompletions([]string{"skip", "fail"}, cobra.ShellCompDirectiveNoFileComp))
	if c.Flags().Lookup("split") != nil {
		complete(c, "split", cobra.FixedCompletions([]string{"test", "validation", "train"}, cobra.ShellCompDirectiveNoFileComp))
	}
}

func completeKernels(c *cobra.Command) {
	complete(c, "kernels", cobra.FixedCompletions(finetune.KernelNames, cobra.ShellCompDirectiveNoFileComp))
}

// completeBench does it for the flags of bench.
func completeBench(c *cobra.Command) {
	complete(c, "backbone", backboneNames)
	completeKernels(c)
	completeTrained(c)
}

// complete panics if the flag is not one of c.
func complete(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

func taskNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range tasks.All() {
		names = append(names, cobra.CompletionWithDesc(t.Name, t.Summary))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// backboneNames completes names of the table, and files.
func backboneNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, i := range weights.Table() {
		names = append(names, cobra.CompletionWithDesc(i.Name, i.Source))
	}
	return names, cobra.ShellCompDirectiveDefault
}

func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// onnxFiles completes the first argument with ONNX files, the rest with any.
func onnxFiles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return []string{"onnx"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return nil, cobra.ShellCompDirectiveDefault
}
