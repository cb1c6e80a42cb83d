package grammar

// A tri is what is known of an assertion while a value is being read.
type tri uint8

const (
	maybe tri = iota
	yes
	no
)

func yesIf(ok bool) tri {
	if ok {
		return yes
	}
	return no
}

func both(a, b tri) tri {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return maybe
}

func not(a tri) tri {
	switch a {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

// votes are how many of some assertions are maybe, yes and no.
type votes [3]int

// any is yes if one is.
func (v votes) any() tri {
	switch {
	case v[yes] > 0:
		return yes
	case v[maybe] > 0:
		return maybe
	}
	return no
}

// one is yes if exactly one is.
func (v votes) one() tri {
	switch {
	case v[yes] > 1 || v[yes]+v[maybe] == 0:
		return no
	case v[maybe] > 0:
		return maybe
	}
	return yes
}
