package onednn

// Variable is the environment variable that names the library's file.
const Variable = "FINETUNE_ONEDNN"

// Instruction sets.
const (
	AVX2   = "avx2"
	AVX512 = "avx512"
)

// A Library is an oneDNN that was found.
type Library struct {
	Path         string // As it was asked for; a name without / is the loader's affair.
	Version      string // Such as 3.2.0.
	Instructions string // The best that it knows and the processor has: AVX2 or AVX512.
}
