#include "textflag.h"

// 1<<21, half of the fixed point: see precisionBits.
DATA half<>+0(SB)/4, $0x200000
GLOBL half<>(SB), RODATA|NOPTR, $4

// Puts the dwords back in order that two levels of packing leave by lanes.
DATA order<>+0(SB)/8, $0x0000000400000000
DATA order<>+8(SB)/8, $0x0000000500000001
DATA order<>+16(SB)/8, $0x0000000600000002
DATA order<>+24(SB)/8, $0x0000000700000003
GLOBL order<>(SB), RODATA|NOPTR, $32

// func acrossAVX2(dst, line *uint8, first, weights *int32, pairs, n int)
//
// Y0 sums two pixels, channel by channel, in 8 int32; the halves are added last.
TEXT ·acrossAVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         line+8(FP), SI
	MOVQ         first+16(FP), R8
	MOVQ         weights+24(FP), R9
	MOVQ         pairs+32(FP), R10
	MOVQ         n+40(FP), R11
	VPBROADCASTD half<>(SB), X6 // Clears the upper half of Y6.

pixel:
	MOVLQSX (R8), AX
	LEAQ    (SI)(AX*4), AX
	MOVQ    R10, CX
	VMOVDQA Y6, Y0

pair:
	VPMOVZXBD    (AX), Y1
	VPBROADCASTD (R9), Y2
	VPBROADCASTD 4(R9), Y3
	VPBLENDD     $0xf0, Y3, Y2, Y2
	VPMULLD      Y2, Y1, Y1
	VPADDD       Y1, Y0, Y0
	ADDQ         $8, AX
	ADDQ         $8, R9
	DECQ         CX
	JNZ          pair

	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPSRAD       $22, X0, X0
	VPACKSSDW    X0, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVD        X0, (DI)
	ADDQ         $4, DI
	ADDQ         $4, R8
	DECQ         R11
	JNZ          pixel
	VZEROUPPER
	RET

// func mixAVX2(dst, rows *uint8, stride int, weights *int32, count, blocks int)
TEXT ·mixAVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         rows+8(FP), SI
	MOVQ         stride+16(FP), R8
	MOVQ         weights+24(FP), R9
	MOVQ         count+32(FP), R10
	MOVQ         blocks+40(FP), R11
	VPBROADCASTD half<>(SB), Y10
	VMOVDQU      order<>(SB), Y11

block:
	MOVQ    SI, AX
	MOVQ    R9, BX
	MOVQ    R10, CX
	VMOVDQA Y10, Y0
	VMOVDQA Y10, Y1
	VMOVDQA Y10, Y2
	VMOVDQA Y10, Y3

row:
	VPBROADCASTD (BX), Y8
	VPMOVZXBD    (AX), Y4
	VPMOVZXBD    8(AX), Y5
	VPMOVZXBD    16(AX), Y6
	VPMOVZXBD    24(AX), Y7
	VPMULLD      Y8, Y4, Y4
	VPMULLD      Y8, Y5, Y5
	VPMULLD      Y8, Y6, Y6
	VPMULLD      Y8, Y7, Y7
	VPADDD       Y4, Y0, Y0
	VPADDD       Y5, Y1, Y1
	VPADDD       Y6, Y2, Y2
	VPADDD       Y7, Y3, Y3
	ADDQ         R8, AX
	ADDQ         $4, BX
	DECQ         CX
	JNZ          row

	VPSRAD    $22, Y0, Y0
	VPSRAD    $22, Y1, Y1
	VPSRAD    $22, Y2, Y2
	VPSRAD    $22, Y3, Y3
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKUSWB Y2, Y0, Y0
	VPERMD    Y0, Y11, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $32, SI
	ADDQ      $32, DI
	DECQ      R11
	JNZ       block
	VZEROUPPER
	RET
