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

// Constants of jdcolor.c, see chromaTables.
DATA redOfCr<>+0(SB)/4, $91881
GLOBL redOfCr<>(SB), RODATA|NOPTR, $4
DATA blueOfCb<>+0(SB)/4, $116130
GLOBL blueOfCb<>(SB), RODATA|NOPTR, $4
DATA greenOfCr<>+0(SB)/4, $-46802
GLOBL greenOfCr<>(SB), RODATA|NOPTR, $4
DATA greenOfCb<>+0(SB)/4, $-22554
GLOBL greenOfCb<>(SB), RODATA|NOPTR, $4
DATA half16<>+0(SB)/4, $0x8000
GLOBL half16<>(SB), RODATA|NOPTR, $4
DATA center<>+0(SB)/4, $128
GLOBL center<>(SB), RODATA|NOPTR, $4
DATA most<>+0(SB)/4, $255
GLOBL most<>(SB), RODATA|NOPTR, $4

// func convertAVX2(pix, luma, cb, cr *uint8, blocks int)
TEXT ·convertAVX2(SB), NOSPLIT, $0-40
	MOVQ         pix+0(FP), DI
	MOVQ         luma+8(FP), SI
	MOVQ         cb+16(FP), R8
	MOVQ         cr+24(FP), R9
	MOVQ         blocks+32(FP), CX
	VPBROADCASTD redOfCr<>(SB), Y8
	VPBROADCASTD blueOfCb<>(SB), Y9
	VPBROADCASTD greenOfCr<>(SB), Y10
	VPBROADCASTD greenOfCb<>(SB), Y11
	VPBROADCASTD half16<>(SB), Y12
	VPBROADCASTD center<>(SB), Y13
	VPBROADCASTD most<>(SB), Y14
	VPXOR        Y7, Y7, Y7
	VPCMPEQD     Y15, Y15, Y15
	VPSLLD       $24, Y15, Y15 // Opaque.

pixels:
	VPMOVZXBD (SI), Y0
	VPMOVZXBD (R8), Y1
	VPMOVZXBD (R9), Y2
	VPSUBD    Y13, Y1, Y1
	VPSUBD    Y13, Y2, Y2
	VPMULLD   Y8, Y2, Y3
	VPMULLD   Y10, Y2, Y4
	VPMULLD   Y11, Y1, Y5
	VPMULLD   Y9, Y1, Y6
	VPADDD    Y12, Y3, Y3
	VPADDD    Y5, Y4, Y4
	VPADDD    Y12, Y4, Y4
	VPADDD    Y12, Y6, Y6
	VPSRAD    $16, Y3, Y3
	VPSRAD    $16, Y4, Y4
	VPSRAD    $16, Y6, Y6
	VPADDD    Y0, Y3, Y3
	VPADDD    Y0, Y4, Y4
	VPADDD    Y0, Y6, Y6
	VPMAXSD   Y7, Y3, Y3
	VPMAXSD   Y7, Y4, Y4
	VPMAXSD   Y7, Y6, Y6
	VPMINSD   Y14, Y3, Y3
	VPMINSD   Y14, Y4, Y4
	VPMINSD   Y14, Y6, Y6
	VPSLLD    $8, Y4, Y4
	VPSLLD    $16, Y6, Y6
	VPOR      Y4, Y3, Y3
	VPOR      Y6, Y15, Y6
	VPOR      Y6, Y3, Y3
	VMOVDQU   Y3, (DI)
	ADDQ      $8, SI
	ADDQ      $8, R8
	ADDQ      $8, R9
	ADDQ      $32, DI
	DECQ      CX
	JNZ       pixels
	VZEROUPPER
	RET
