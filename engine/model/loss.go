package model

import (
	"math"

	"suiren/engine/kernel"
)

// crossEntropy turns the m rows of logits z into the gradient of
// Σ w·(lse − z[target]) and writes the loss of each row, unweighted:
//
//	z ← w·(softmax(z) − onehot(target))
//
// z (m, V), targets and w (m), loss (m).
func crossEntropy(z []float32, targets []int32, w []float32, loss []float64) {
	V := len(z) / len(targets)
	for i, id := range targets {
		row := z[i*V : (i+1)*V]
		max, chosen := kernel.Max(row), row[id]
		sum := kernel.ExpSum(row, row, max)
		loss[i] = math.Log(float64(sum)) + float64(max) - float64(chosen)
		kernel.Scale(row, w[i]/sum)
		row[id] -= w[i]
	}
}
