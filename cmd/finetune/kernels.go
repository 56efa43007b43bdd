package main

// kernelsUsage is what the flag is in all commands that compute.
const kernelsUsage = "`auto|go`: what computes; auto is what a benchmark found the fastest for this processor"
