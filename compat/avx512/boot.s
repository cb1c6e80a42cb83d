# The first sector of the disk: loads what follows at 1 MiB, and enters long
# mode with AVX-512 on and a gigabyte mapped where it is.
	.code16
	.globl _start
_start:
	cli
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movw $0x7c00, %sp
	movb %dl, drive
	inb $0x92, %al		# A20
	orb $2, %al
	outb %al, $0x92
load:
	movw $packet, %si
	movb $0x42, %ah
	movb drive, %dl
	int $0x13
	jc stop
	cli
	lgdt gdtr		# limits of 4 GiB in real mode
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	movw $8, %bx
	movw %bx, %ds
	movw %bx, %es
	andb $0xfe, %al
	movl %eax, %cr0
	xorw %bx, %bx
	movw %bx, %ds
	movw %bx, %es
	movl $0x10000, %esi
	movl dest, %edi
	movl $0x2000, %ecx
	cld
	addr32 rep movsl
	addl $0x8000, dest
	addl $64, lba
	decl chunks
	jnz load
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	ljmpl $0x10, $protected
stop:
	hlt
	jmp stop

	.code32
protected:
	movw $8, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl $0x1000, %edi	# page tables at 0x1000, 0x2000, 0x3000
	xorl %eax, %eax
	movl $0xc00, %ecx
	rep stosl
	movl $0x2003, 0x1000
	movl $0x3003, 0x2000
	movl $0x3000, %edi
	movl $0x83, %eax	# pages of 2 MiB
	movl $512, %ecx
1:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	loop 1b
	movl $0x1000, %eax
	movl %eax, %cr3
	movl $0x40620, %eax	# PAE, OSFXSR, OSXMMEXCPT, OSXSAVE
	movl %eax, %cr4
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x100, %eax	# long mode
	wrmsr
	movl $0x80000003, %eax
	movl %eax, %cr0
	ljmpl $0x18, $long

	.code64
long:
	xorl %ecx, %ecx
	xorl %edx, %edx
	movl $0xe7, %eax	# x87, SSE, AVX, AVX-512
	xsetbv
	movl $0x90000, %esp
	movl $0x100000, %eax
	jmp *%rax

	.balign 8
gdt:	.quad 0, 0x00cf92000000ffff, 0x00cf9a000000ffff, 0x00af9a000000ffff
gdtr:	.word 31
	.long gdt
drive:	.byte 0
dest:	.long 0x100000
	.balign 4
packet:	.byte 16, 0
	.word 64, 0, 0x1000	# sectors, to 0x10000
lba:	.long 1, 0
	.org 504
chunks:	.long 0			# written into the image
	.word 0
	.word 0xaa55
