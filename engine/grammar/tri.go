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

// anyOf is yes if one is.
func anyTri(list []tri) tri {
	out := no
	for _, t := range list {
		if t == yes {
			return yes
		}
		if t == maybe {
			out = maybe
		}
	}
	return out
}

// oneTri is yes if exactly one is.
func oneTri(list []tri) tri {
	var sure, open int
	for _, t := range list {
		switch t {
		case yes:
			sure++
		case maybe:
			open++
		}
	}
	switch {
	case sure > 1 || sure+open == 0:
		return no
	case open == 0:
		return yesIf(sure == 1)
	}
	return maybe
}
