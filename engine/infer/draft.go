package infer

// A drafter guesses the next tokens of a request from the request itself:
// what followed the last time that its latest tokens stood together (prompt
// look-up; Saxena 2023). A guess costs a row of the step and is kept only if
// the model would have chosen the same, so it changes speed and nothing else.
type drafter struct {
	size  int // tokens of the next guess; 0: none yet
	pause int // tokens before the next try
	wait  int // length of the next pause
}

const (
	draftMatch = 3 // tokens that must have stood together
	draftFirst = 3 // tokens of the first guess: with the token before it, what a kernel takes at once
	draftMost  = 7 // tokens of the longest: two tiles
	pauseMost  = 256
)

// propose returns up to n guesses of what follows ids.
func (d *drafter) propose(ids []int32, n int) (dst []int32) {
	if d.size == 0 {
		d.size, d.wait = draftFirst, 8
	}
	if d.pause > 0 {
		d.pause--
		return nil
	}
	n = min(n, d.size)
	if n <= 0 || len(ids) <= draftMatch {
		return nil
	}
	end := len(ids) - draftMatch
	a, b, c := ids[end], ids[end+1], ids[end+2]
	for i := end - 1; i >= 0; i-- {
		if ids[i+2] == c && ids[i+1] == b && ids[i] == a {
			for at := i + draftMatch; n > 0; at, n = at+1, n-1 {
				if at < len(ids) {
					dst = append(dst, ids[at])
				} else { // it repeats itself
					dst = append(dst, dst[at-len(ids)])
				}
			}
			return dst
		}
	}
	return nil
}

// learn adapts to how many of the guesses held.
func (d *drafter) learn(guessed, held int) {
	switch {
	case guessed == 0:
	case held == guessed:
		d.size, d.wait = min(2*d.size+1, draftMost), 8
	case held == 0:
		if d.size /= 2; d.size == 0 {
			d.size, d.pause = 1, d.wait
			d.wait = min(2*d.wait, pauseMost)
		}
	default:
		d.size, d.wait = max(held, 1), 8
	}
}
