package kernel_test

import (
	"testing"

	"suiren/engine/kernel"
	"suiren/engine/weights"
	"suiren/internal/kerneltest"
)

// Unpack and Row give what the formats' definitions say, to the bit, and
// touch no other rows.
func TestUnpack(t *testing.T) { kerneltest.Each(t, "kernel", testUnpack) }

func testUnpack(t *testing.T) {
	const above, below = 5, 3 // rows of other matrices
	for name, typ := range matrixTypes {
		for _, shape := range [][2]int{{72, 512}, {19, 256}} {
			rows, k := shape[0], shape[1]
			src := randomRows(typ.w, rows, k, 3)
			m := packed(typ.t, typ.w, rows, k, src)
			want := make([]float32, rows*k)
			weights.Decode(want, src, typ.w)
			depth := above + rows + below
			bp := make([]float32, kernel.PackedLen(depth, k))
			for i := range bp {
				bp[i] = 7
			}
			for lo := 0; lo < rows; lo += 32 {
				m.Unpack(bp, depth, above+lo, lo, min(rows, lo+32))
			}
			row := make([]float32, k)
			for r := range depth {
				for j := range row {
					row[j] = bp[j/kernel.NR*depth*kernel.NR+r*kernel.NR+j%kernel.NR]
				}
				if r < above || r >= above+rows {
					for j, v := range row {
						if v != 7 {
							t.Fatalf("%s: row %d, of another matrix, is %g at %d", name, r, v, j)
						}
					}
					continue
				}
				same(t, name, row, want[(r-above)*k:(r-above+1)*k])
				m.Row(row, r-above)
				same(t, name+", one row", row, want[(r-above)*k:(r-above+1)*k])
			}
		}
	}
}
