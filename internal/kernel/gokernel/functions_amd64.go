package gokernel

import "finetune/internal/kernel"

var functionsAVX2 = functions{
	kernel.Sigmoid:   {sigmoidAVX2, sigmoidGradAVX2},
	kernel.HardSwish: {hardSwishAVX2, hardSwishGradAVX2},
	kernel.Swish:     {swishAVX2, swishGradAVX2},
	kernel.Gelu:      {geluAVX2, geluGradAVX2},
	kernel.Exp:       {expAVX2, mulAVX2},
	kernel.Tanh:      {tanhAVX2, tanhGradAVX2},
	kernel.Erf:       {erfAVX2, erfGradAVX2},
}

var functionsAVX512 = functions{
	kernel.Sigmoid:   {sigmoidAVX512, sigmoidGradAVX512},
	kernel.HardSwish: {hardSwishAVX512, hardSwishGradAVX512},
	kernel.Swish:     {swishAVX512, swishGradAVX512},
	kernel.Gelu:      {geluAVX512, geluGradAVX512},
	kernel.Exp:       {expAVX512, mulAVX512},
	kernel.Tanh:      {tanhAVX512, tanhGradAVX512},
	kernel.Erf:       {erfAVX512, erfGradAVX512},
}
