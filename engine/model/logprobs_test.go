package model

import (
	"math"
	"testing"
)

// Log-probabilities are the losses that Accumulate adds, token by token, for
// any micro-batch and any number of threads; and those of the reference.
func TestLogProbs(t *testing.T) {
	rows := randomRows(small, 1, []int{30, 34}, []int{64}, []int{5, 1, 40}, []int{2, 2, 2})
	_, want := trainerWith(t, small, 1, 64, 1).LogProbs(rows)
	for _, try := range []struct{ micro, threads int }{{4, 1}, {2, 2}, {3, 3}} {
		tr := trainerWith(t, small, try.micro, 64, try.threads)
		sums, each := tr.LogProbs(rows)
		_, loss, _ := tr.Accumulate(rows)
		total := 0.0
		for i, r := range rows {
			sum := 0.0
			for at, w := range r.Weight {
				if each[i][at] != want[i][at] || (w == 0) != (each[i][at] == 0) {
					t.Fatalf("row %d token %d: %v, want %v", i, at, each[i][at], want[i][at])
				}
				sum += each[i][at]
			}
			if sum != sums[i] {
				t.Errorf("row %d: sum %v of %v", i, sums[i], sum)
			}
			total += sum
		}
		if math.Abs(total+loss) > 1e-12*loss {
			t.Errorf("log-probabilities sum to %v, losses to %v", total, loss)
		}
	}
	m := newReference(trainerWith(t, small, 1, 64, 1).Params)
	r := rows[0]
	h := m.outputs(r.IDs[:r.Docs[1]])
	for at := 1; at < r.Docs[1]; at++ {
		p := math.Log(softmax(times(m.p["model.embed_tokens.weight"], h[at-1]))[r.IDs[at]])
		if r.Weight[at] != 0 && math.Abs(p-want[0][at]) > 1e-4 {
			t.Errorf("token %d: %v, the reference says %v", at, want[0][at], p)
		}
	}
}
