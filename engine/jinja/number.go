package jinja

import (
	"cmp"
	"math"
	"math/big"
)

func (r *render) sign(op string, v Value) Value {
	i, f, ok := number(v)
	switch {
	case !ok:
		r.fail("bad operand type for unary %s: '%s'", op, typeName(v))
	case i == nil && op == "-":
		return -f
	case i == nil:
		return f
	case op == "-":
		return normal(new(big.Int).Neg(i))
	}
	return normal(i)
}

func (r *render) arithmetic(op string, a, b Value) Value {
	ai, af, an := number(a)
	bi, bf, bn := number(b)
	if an && bn {
		if ai != nil && bi != nil && op != "/" {
			return r.integers(op, ai, bi)
		}
		if ai != nil {
			af, _ = new(big.Float).SetInt(ai).Float64()
		}
		if bi != nil {
			bf, _ = new(big.Float).SetInt(bi).Float64()
		}
		return r.floats(op, af, bf)
	}
	sa, aStr := a.(Str)
	sb, bStr := b.(Str)
	la, aList := a.(*List)
	lb, bList := b.(*List)
	switch {
	case op == "+" && aStr && bStr:
		r.grow(len(sa.text) + len(sb.text))
		if sa.safe || sb.safe {
			s := Join(sa.escaped(), sb.escaped())
			s.safe = true
			return s
		}
		return Join(sa, sb)
	case op == "+" && aList && bList && la.kind == lb.kind && la.kind <= isTuple:
		r.grow(16 * (len(la.items) + len(lb.items)))
		return &List{items: append(la.items[:len(la.items):len(la.items)], lb.items...), kind: la.kind, made: true}
	case op == "%" && aStr:
		return r.paid(r.percent(sa, b))
	case op == "*" && (aStr || aList && la.kind <= isTuple) && bi != nil:
		return r.repeat(a, bi)
	case op == "*" && (bStr || bList && lb.kind <= isTuple) && ai != nil:
		return r.repeat(b, ai)
	}
	r.known(a)
	r.known(b)
	if op == "+" && aStr {
		r.fail("can only concatenate str (not \"%s\") to str", typeName(b))
	}
	r.fail("unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(a), typeName(b))
	return nil
}

func (r *render) repeat(v Value, times *big.Int) Value {
	n := 0
	if times.Sign() > 0 {
		if !times.IsInt64() || times.Int64() > 1<<30 {
			r.limit("a repetition of %v times", times)
		}
		n = int(times.Int64())
	}
	if s, ok := v.(Str); ok {
		if s.text == "" {
			return s
		}
		r.grow(min(len(s.text), 1<<30) * n)
		var b builder
		for range n {
			b.put(s)
		}
		return b.str()
	}
	l := v.(*List)
	r.grow(16 * min(len(l.items), 1<<28) * n)
	m := &List{kind: l.kind, made: true}
	for range n {
		if len(l.items) == 0 {
			break
		}
		m.items = append(m.items, l.items...)
	}
	return m
}

func (r *render) integers(op string, a, b *big.Int) Value {
	const most = 4096 // bits
	z := new(big.Int)
	switch op {
	case "+":
		z.Add(a, b)
	case "-":
		z.Sub(a, b)
	case "*":
		if a.BitLen()+b.BitLen() > most {
			r.limit("a number of more than %d bits", most)
		}
		z.Mul(a, b)
	case "//", "%":
		if b.Sign() == 0 {
			r.fail("integer division or modulo by zero")
		}
		m := new(big.Int)
		z.QuoRem(a, b, m)
		if m.Sign() != 0 && m.Sign() != b.Sign() { // Python rounds down
			z.Sub(z, big.NewInt(1))
			m.Add(m, b)
		}
		if op == "%" {
			z = m
		}
	case "**":
		if b.Sign() < 0 {
			x, _ := new(big.Float).SetInt(a).Float64()
			y, _ := new(big.Float).SetInt(b).Float64()
			return r.floats(op, x, y)
		}
		if a.BitLen() > 1 && (!b.IsInt64() || b.Int64() > most || int64(a.BitLen())*b.Int64() > most) {
			r.limit("a number of more than %d bits", most)
		}
		if a.BitLen() <= 1 && b.BitLen() > 1 { // 0, 1 or -1
			b = big.NewInt(2 + int64(b.Bit(0)))
		}
		z.Exp(a, b, nil)
	}
	return normal(z)
}

func (r *render) floats(op string, a, b float64) Value {
	if b == 0 && (op == "/" || op == "//" || op == "%") {
		r.fail("division by zero")
	}
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "**":
		if a == 0 && b < 0 {
			r.fail("0.0 cannot be raised to a negative power")
		}
		v := math.Pow(a, b)
		if v != v && a == a && b == b {
			r.fail("a root of a negative number")
		}
		return v
	}
	m := math.Mod(a, b)
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	if op == "%" {
		return m
	}
	d := (a - m) / b
	if d == 0 {
		return math.Copysign(0, a/b)
	}
	whole := math.Floor(d)
	if d-whole > 0.5 {
		whole++
	}
	return whole
}

// number returns v as an exact number, or false. Floats give f; whole numbers
// of any size, and booleans, give i.
func number(v Value) (i *big.Int, f float64, ok bool) {
	switch v := v.(type) {
	case bool:
		return big.NewInt(toInt(v)), 0, true
	case int64:
		return big.NewInt(v), 0, true
	case *big.Int:
		return v, 0, true
	case float64:
		return nil, v, true
	}
	return nil, 0, false
}

// whole returns v as an index.
func whole(v Value) (int, bool) {
	switch v := v.(type) {
	case bool:
		return int(toInt(v)), true
	case int64:
		return int(v), true
	}
	return 0, false
}

// normal returns i as int64 if it fits.
func normal(i *big.Int) Value {
	if i.IsInt64() {
		return i.Int64()
	}
	return i
}

// compareNumbers returns the order of two numbers, and false with NaN.
func compareNumbers(ai *big.Int, af float64, bi *big.Int, bf float64) (int, bool) {
	switch {
	case ai != nil && bi != nil:
		return ai.Cmp(bi), true
	case ai == nil && bi == nil:
		return cmp.Compare(af, bf), af == af && bf == bf
	case ai == nil:
		c, ok := compareNumbers(bi, bf, ai, af)
		return -c, ok
	case bf != bf:
		return 0, false
	case math.IsInf(bf, 0):
		return -int(math.Copysign(1, bf)), true
	}
	return new(big.Float).SetInt(ai).Cmp(big.NewFloat(bf)), true
}
