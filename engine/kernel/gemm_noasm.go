//go:build !amd64

package kernel

func gemmTile(t *tile) { panic("kernel: no assembly on this platform") }
