// Vector instructions on four float32 that Go's assembler has no name for, or
// none that takes a number. The arguments are numbers of V registers, in the
// assembler's order: sources first, so SUB4(m, n, d) is d = n - m. They were
// checked with a disassembler.

#define ADD4(m, n, d)    WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d)) // FADD  Vd.4S, Vn.4S, Vm.4S
#define SUB4(m, n, d)    WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d)) // FSUB  Vd.4S, Vn.4S, Vm.4S
#define MUL4(m, n, d)    WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d)) // FMUL  Vd.4S, Vn.4S, Vm.4S
#define DIV4(m, n, d)    WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d)) // FDIV  Vd.4S, Vn.4S, Vm.4S
#define MAX4(m, n, d)    WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d)) // FMAX  Vd.4S, Vn.4S, Vm.4S
#define MIN4(m, n, d)    WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d)) // FMIN  Vd.4S, Vn.4S, Vm.4S
#define MORE4(m, n, d)   WORD $(0x6EA0E400 | (m)<<16 | (n)<<5 | (d)) // FCMGT Vd.4S, Vn.4S, Vm.4S
#define PICK4(m, n, d)   WORD $(0x6EA01C00 | (m)<<16 | (n)<<5 | (d)) // BIT   Vd.16B, Vn.16B, Vm.16B
#define NEG4(n, d)       WORD $(0x6EA0F800 | (n)<<5 | (d))           // FNEG  Vd.4S, Vn.4S
#define SQRT4(n, d)      WORD $(0x6EA1F800 | (n)<<5 | (d))           // FSQRT Vd.4S, Vn.4S
#define MAXV4(n, d)      WORD $(0x6E30F800 | (n)<<5 | (d))           // FMAXV Sd, Vn.4S
#define FMLA4(m, n, d)   WORD $(0x4E20CC00 | (m)<<16 | (n)<<5 | (d)) // FMLA  Vd.4S, Vn.4S, Vm.4S
#define FMLS4(m, n, d)   WORD $(0x4EA0CC00 | (m)<<16 | (n)<<5 | (d)) // FMLS  Vd.4S, Vn.4S, Vm.4S
#define FMA4(m, n, d)    WORD $(0x4F801000 | (m)<<16 | (n)<<5 | (d)) // FMLA  Vd.4S, Vn.4S, Vm.S[0]
#define FMA4_1(m, n, d)  WORD $(0x4FA01000 | (m)<<16 | (n)<<5 | (d)) // FMLA  Vd.4S, Vn.4S, Vm.S[1]
#define FMA4_2(m, n, d)  WORD $(0x4F801800 | (m)<<16 | (n)<<5 | (d)) // FMLA  Vd.4S, Vn.4S, Vm.S[2]
#define FMA4_3(m, n, d)  WORD $(0x4FA01800 | (m)<<16 | (n)<<5 | (d)) // FMLA  Vd.4S, Vn.4S, Vm.S[3]
