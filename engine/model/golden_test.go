package model

import "testing"

// The bits of a model of our own do not change with what other families need.
func TestGolden(t *testing.T) {
	for _, x := range []struct {
		c    Config
		rows []Row
		want string
	}{
		{small, randomRows(small, 1, []int{30, 34}, []int{64}, []int{5, 1, 40}, []int{33}, []int{2, 2, 2}), "672ebb95d74e6e1f243901691e728371"},
		{uneven, unevenRows(), "7d5da515f9e66430292a9381f728b3a2"},
		{Scale(4, 512, 256), randomRows(Scale(4, 512, 256), 3, []int{100, 100}, []int{256}), "26e2b85a5380e490c8d2b8b8ac5457a2"},
	} {
		tr := trainerWith(t, x.c, 2, x.c.Context, 2)
		tr.Accumulate(x.rows)
		if got := hash(tr.Grads.All, tr.Logits(x.rows[0])); got != x.want {
			t.Errorf("gradients and logits of %+v are %s, were %s", x.c, got, x.want)
		}
	}
}
