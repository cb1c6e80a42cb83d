# At 1 MiB: calls a list of functions, then writes a part of memory to port
# 0xe9 as hexadecimal digits and switches off.
#
# At 0x101000: the calls and their number, the memory and its length. A call is
# the function and 16 words, its arguments on the stack, which come back too.
	.code64
	.globl _start
_start:
	movl $0x101000, %ebp
	movq (%rbp), %r12
	movq 8(%rbp), %r13
next:
	testq %r13, %r13
	jz done
	movq %r12, list
	movq %r13, left
	subq $128, %rsp
	leaq 8(%r12), %rsi
	movq %rsp, %rdi
	movl $16, %ecx
	cld
	rep movsq
	call *(%r12)
	movq list, %r12
	movq left, %r13
	leaq 8(%r12), %rdi
	movq %rsp, %rsi
	movl $16, %ecx
	cld
	rep movsq
	addq $128, %rsp
	addq $136, %r12
	decq %r13
	jmp next
done:
	movl $0x101000, %ebp
	movq 16(%rbp), %rsi
	movq 24(%rbp), %rcx
	movb $'<', %al
	outb %al, $0xe9
1:	movb (%rsi), %al
	shrb $4, %al
	call digit
	movb (%rsi), %al
	andb $15, %al
	call digit
	incq %rsi
	decq %rcx
	jnz 1b
	movb $'>', %al
	outb %al, $0xe9
	movb $'\n', %al
	outb %al, $0xe9
	movw $0x8900, %dx
	leaq off(%rip), %rsi
	movl $8, %ecx
	rep outsb
	hlt
digit:
	addb $'0', %al
	cmpb $'9', %al
	jbe 1f
	addb $39, %al
1:	outb %al, $0xe9
	ret
off:	.ascii "Shutdown"
	.balign 8
list:	.quad 0
left:	.quad 0
