package data

import (
	"fmt"
	"strconv"
	"strings"
)

// makeAdd makes a sum of two numbers, the longer of level digits. The thought
// goes by columns from the right, a line each: digit + digit + carry = two digits, of
// which the first is the next carry.
func makeAdd(d *draw, level int, lang string) lesson {
	a, b := operands(d, level)
	var t strings.Builder
	addColumns(&t, a, b)
	return lesson{
		prompt: ask(d, lang, fmt.Sprintf("%d+%d", a, b)), think: t.String(), answer: strconv.Itoa(a + b),
		key: sumOf(leaf(a), leaf(b)).key(),
	}
}

// addColumns writes the lines of an addition.
func addColumns(t *strings.Builder, a, b int) {
	carry := 0
	for first := true; first || a > 0 || b > 0; first, a, b = false, a/10, b/10 {
		sum := a%10 + b%10 + carry
		fmt.Fprintf(t, "%d+%d+%d=%02d\n", a%10, b%10, carry, sum)
		carry = sum / 10
	}
}

// makeSub makes a difference that is not negative. A line of the thought is
// digit - digit - borrowed = digit - borrowed ten, which is an equation:
// 4-9-0=5-10.
func makeSub(d *draw, level int, lang string) lesson {
	a, b := operands(d, level)
	if a < b {
		a, b = b, a
	}
	var t strings.Builder
	borrow := 0
	for x, y := a, b; x > 0 || y > 0 || t.Len() == 0; x, y = x/10, y/10 {
		diff, next := x%10-y%10-borrow, 0
		if diff < 0 {
			diff, next = diff+10, 1
		}
		fmt.Fprintf(&t, "%d-%d-%d=%d-%d0\n", x%10, y%10, borrow, diff, next)
		borrow = next
	}
	return lesson{
		prompt: ask(d, lang, fmt.Sprintf("%d-%d", a, b)), think: t.String(), answer: strconv.Itoa(a - b),
		key: node{'-', []node{leaf(a), leaf(b)}, 0}.key(),
	}
}

// operands draws two numbers of which the longer has level digits, in either
// order.
func operands(d *draw, level int) (a, b int) {
	a, b = d.digits(level), d.digits(level)
	if level > 1 && d.below(2) == 0 {
		b = d.digits(d.between(1, level-1))
	}
	if d.below(2) == 0 {
		a, b = b, a
	}
	return a, b
}

// mulDigits are the digits of both factors, by level.
var mulDigits = [][2]int{{2, 1}, {3, 1}, {2, 2}, {3, 2}, {3, 3}}

// makeMul makes a product of two numbers. The thought multiplies the longer, or
// the first, by each digit of the other, a line for each digit: digit × digit +
// carry = two digits; then it adds.
func makeMul(d *draw, level int, lang string) lesson {
	a, b := d.digits(mulDigits[level-1][0]), d.digits(mulDigits[level-1][1])
	var t strings.Builder
	sum, shift := 0, 1
	for y := b; y > 0 || shift == 1; y, shift = y/10, shift*10 {
		carry := 0
		for x := a; x > 0; x /= 10 {
			p := x%10*(y%10) + carry
			fmt.Fprintf(&t, "%d×%d+%d=%02d\n", x%10, y%10, carry, p)
			carry = p / 10
		}
		part := a * (y % 10) * shift
		fmt.Fprintf(&t, "%d×%d=%d\n", a, y%10*shift, part)
		if shift > 1 {
			addColumns(&t, sum, part)
		}
		sum += part
		if shift > 1 {
			fmt.Fprintf(&t, "%d\n", sum)
		}
	}
	x, y := a, b
	if len(strconv.Itoa(a)) > len(strconv.Itoa(b)) && d.below(2) == 0 {
		x, y = b, a
	}
	return lesson{
		prompt: ask(d, lang, fmt.Sprintf("%d×%d", x, y)), think: t.String(), answer: strconv.Itoa(a * b),
		key: times(leaf(a), leaf(b)).key(),
	}
}
