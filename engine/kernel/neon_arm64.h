// Vector instructions on four float32 that Go's assembler has no name for.
// The arguments are numbers of V registers, in the assembler's order: sources
// first, so SUB4(m, n, d) is d = n - m. They were checked with a disassembler.

#define ADD4(m, n, d)  WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d)) // FADD  Vd.4S, Vn.4S, Vm.4S
#define SUB4(m, n, d)  WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d)) // FSUB  Vd.4S, Vn.4S, Vm.4S
#define MUL4(m, n, d)  WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d)) // FMUL  Vd.4S, Vn.4S, Vm.4S
#define DIV4(m, n, d)  WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d)) // FDIV  Vd.4S, Vn.4S, Vm.4S
#define MAX4(m, n, d)  WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d)) // FMAX  Vd.4S, Vn.4S, Vm.4S
#define MIN4(m, n, d)  WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d)) // FMIN  Vd.4S, Vn.4S, Vm.4S
#define MORE4(m, n, d) WORD $(0x6EA0E400 | (m)<<16 | (n)<<5 | (d)) // FCMGT Vd.4S, Vn.4S, Vm.4S
#define NEG4(n, d)     WORD $(0x6EA0F800 | (n)<<5 | (d))           // FNEG  Vd.4S, Vn.4S
#define SQRT4(n, d)    WORD $(0x6EA1F800 | (n)<<5 | (d))           // FSQRT Vd.4S, Vn.4S
#define FMA4(m, n, d)  WORD $(0x4F801000 | (m)<<16 | (n)<<5 | (d)) // FMLA  Vd.4S, Vn.4S, Vm.S[0]
